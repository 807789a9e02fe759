#pragma once

#include "inventory.grpc.pb.h"
#include "logistics/service/inventory_service.hpp"
#include "rpc/call_scope.hpp"

namespace logistics::rpc {

// inventory.InventoryService on the wire, for the embedded inventory: the catalogue and its levels. Thread-safe; each
// call blocks its thread until it is answered. The reservation calls and the stream are UNIMPLEMENTED.
class InventoryRpc final : public ::inventory::InventoryService::Service {
 public:
  // Both outlive this.
  InventoryRpc(service::InventoryService& inventory, CallRuntime& runtime);

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
  Method levels_;
  Method adjust_;
  Method create_item_;
  Method get_item_;
  Method list_items_;
};

}  // namespace logistics::rpc
