#pragma once

#include "inventory.pb.h"
#include "logistics/service/async_inventory_service.hpp"
#include "logistics/service/inventory_service.hpp"
#include "rpc/call/call_service.hpp"
#include "rpc/inventory/inventory_stream.hpp"

namespace logistics::rpc {

// inventory.InventoryService on the wire, for the embedded inventory. Thread-safe; streams have no thread. Unused calls
// of the mesh's own service are UNIMPLEMENTED.
class InventoryRpc final : public CallService {
 public:
  // `async` is null where reservations are another service's. All outlive this.
  InventoryRpc(service::InventoryService& inventory, service::AsyncInventoryService* async,
               service::StockUpdates& updates, CallRuntime& runtime);

 private:
  absl::Status CheckAndReserveStock(CallScope& call, const ::inventory::StockReservationRequest& request,
                                    ::inventory::StockReservationResponse& response);
  absl::Status ReleaseReservedStock(CallScope& call, const ::inventory::ReleaseStockRequest& request,
                                    ::inventory::ReleaseStockResponse& response);
  absl::Status CommitReservation(CallScope& call, const ::inventory::CommitReservationRequest& request,
                                 ::inventory::CommitReservationResponse& response);
  absl::Status GetInventoryLevels(CallScope& call, const ::inventory::GetInventoryLevelsRequest& request,
                                  ::inventory::GetInventoryLevelsResponse& response);
  absl::Status AdjustInventory(CallScope& call, const ::inventory::AdjustInventoryRequest& request,
                               ::inventory::AdjustInventoryResponse& response);
  absl::Status CreateItem(CallScope& call, const ::inventory::CreateItemRequest& request,
                          ::inventory::ItemResponse& response);
  absl::Status GetItem(CallScope& call, const ::inventory::GetItemRequest& request,
                       ::inventory::ItemResponse& response);
  absl::Status ListItems(CallScope& call, const ::inventory::ListItemsRequest& request,
                         ::inventory::ListItemsResponse& response);

  service::InventoryService& inventory_;
  InventoryStreams streams_;
};

}  // namespace logistics::rpc
