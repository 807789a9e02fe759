// The calls of external reservations, which hold no thread while they wait. Nothing that blocks is in their reach.
#pragma once

#include "inventory.pb.h"
#include "logistics/service/async_inventory_service.hpp"
#include "rpc/call/unary_call.hpp"

namespace logistics::rpc {

void CheckAndReserveStock(service::AsyncInventoryService& inventory, UnaryCall& call,
                          const ::inventory::StockReservationRequest& request);
void ReleaseReservedStock(service::AsyncInventoryService& inventory, UnaryCall& call,
                          const ::inventory::ReleaseStockRequest& request);
void CommitReservation(service::AsyncInventoryService& inventory, UnaryCall& call,
                       const ::inventory::CommitReservationRequest& request);

}  // namespace logistics::rpc
