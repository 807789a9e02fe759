#pragma once

#include "inventory.grpc.pb.h"
#include "logistics/service/inventory_service.hpp"
#include "rpc/call/call_scope.hpp"
#include "rpc/inventory/inventory_stream.hpp"

namespace logistics::rpc {

// inventory.InventoryService on the wire, for the embedded inventory. Thread-safe; each unary call blocks its thread
// until it is answered, streams have no thread. Unused calls of the mesh's own service are UNIMPLEMENTED.
class InventoryRpc final : public ::inventory::InventoryService::WithCallbackMethod_StreamInventoryUpdates<
                               ::inventory::InventoryService::Service> {
 public:
  // All outlive this.
  InventoryRpc(service::InventoryService& inventory, service::StockUpdates& updates, CallRuntime& runtime);

  grpc::Status CheckAndReserveStock(grpc::ServerContext* context, const ::inventory::StockReservationRequest* request,
                                    ::inventory::StockReservationResponse* response) override;
  grpc::Status ReleaseReservedStock(grpc::ServerContext* context, const ::inventory::ReleaseStockRequest* request,
                                    ::inventory::ReleaseStockResponse* response) override;
  grpc::Status CommitReservation(grpc::ServerContext* context, const ::inventory::CommitReservationRequest* request,
                                 ::inventory::CommitReservationResponse* response) override;
  grpc::ServerWriteReactor<::inventory::InventoryUpdateEvent>* StreamInventoryUpdates(
      grpc::CallbackServerContext* context, const ::inventory::StreamInventoryUpdatesRequest* request) override;
  grpc::Status GetInventoryLevels(grpc::ServerContext* context, const ::inventory::GetInventoryLevelsRequest* request,
                                  ::inventory::GetInventoryLevelsResponse* response) override;
  grpc::Status AdjustInventory(grpc::ServerContext* context, const ::inventory::AdjustInventoryRequest* request,
                               ::inventory::AdjustInventoryResponse* response) override;
  grpc::Status CreateItem(grpc::ServerContext* context, const ::inventory::CreateItemRequest* request,
                          ::inventory::ItemResponse* response) override;
  grpc::Status GetItem(grpc::ServerContext* context, const ::inventory::GetItemRequest* request,
                       ::inventory::ItemResponse* response) override;
  grpc::Status ListItems(grpc::ServerContext* context, const ::inventory::ListItemsRequest* request,
                         ::inventory::ListItemsResponse* response) override;

 private:
  service::InventoryService& inventory_;
  CallRuntime& runtime_;
  InventoryStreams streams_;
  Method reserve_;
  Method release_;
  Method commit_;
  Method levels_;
  Method adjust_;
  Method create_item_;
  Method get_item_;
  Method list_items_;
};

}  // namespace logistics::rpc
