#include "rpc/inventory/inventory_rpc.hpp"

#include <string>
#include <vector>

#include "rpc/inventory/inventory_conversions.hpp"
#include "rpc/inventory/reservation_calls.hpp"

namespace logistics::rpc {
namespace {

absl::Status Answer(const absl::StatusOr<domain::Product>& product, ::inventory::ItemResponse& response) {
  if (product.ok()) FillItem(*product, *response.mutable_item());
  return product.status();
}

}  // namespace

InventoryRpc::InventoryRpc(service::InventoryService& inventory, service::AsyncInventoryService* async,
                           service::StockUpdates& updates, CallRuntime& runtime)
    : CallService("inventory.InventoryService", runtime), inventory_(inventory), streams_(updates, runtime) {
  if (async != nullptr) {
    Async("CheckAndReserveStock", *async, &rpc::CheckAndReserveStock, &InventoryRpc::CheckAndReserveStock);
    Async("ReleaseReservedStock", *async, &rpc::ReleaseReservedStock, &InventoryRpc::ReleaseReservedStock);
    Async("CommitReservation", *async, &rpc::CommitReservation, &InventoryRpc::CommitReservation);
  } else {
    Unary("CheckAndReserveStock", &InventoryRpc::CheckAndReserveStock);
    Unary("ReleaseReservedStock", &InventoryRpc::ReleaseReservedStock);
    Unary("CommitReservation", &InventoryRpc::CommitReservation);
  }
  Unary("GetInventoryLevels", &InventoryRpc::GetInventoryLevels);
  Unary("AdjustInventory", &InventoryRpc::AdjustInventory);
  Unary("CreateItem", &InventoryRpc::CreateItem);
  Unary("GetItem", &InventoryRpc::GetItem);
  Unary("ListItems", &InventoryRpc::ListItems);
  Streaming("StreamInventoryUpdates", [this] { return streams_.NewCall(); });
}

absl::Status InventoryRpc::CheckAndReserveStock(CallScope& call, const ::inventory::StockReservationRequest& request,
                                                ::inventory::StockReservationResponse& response) {
  call.set_order_id(request.order_id());
  const absl::StatusOr<service::ReserveAnswer> answer = inventory_.Reserve(ReserveFrom(request), call.context());
  if (!answer.ok()) return answer.status();
  FillReservation(*answer, request, response);
  call.set_order_id(response.reservation_id());
  return absl::OkStatus();
}

absl::Status InventoryRpc::ReleaseReservedStock(CallScope& call, const ::inventory::ReleaseStockRequest& request,
                                                ::inventory::ReleaseStockResponse& response) {
  call.set_order_id(request.reservation_id().empty() ? request.order_id() : request.reservation_id());
  const absl::StatusOr<service::EndReservationAnswer> answer =
      inventory_.Release({request.reservation_id(), request.order_id(), request.reason()}, call.context());
  if (!answer.ok()) return answer.status();
  FillReleased(*answer, response);
  return absl::OkStatus();
}

absl::Status InventoryRpc::CommitReservation(CallScope& call, const ::inventory::CommitReservationRequest& request,
                                             ::inventory::CommitReservationResponse& response) {
  call.set_order_id(request.reservation_id().empty() ? request.order_id() : request.reservation_id());
  const absl::StatusOr<service::EndReservationAnswer> answer =
      inventory_.Commit({request.reservation_id(), request.order_id(), ""}, call.context());
  if (!answer.ok()) return answer.status();
  FillCommitted(*answer, response);
  return absl::OkStatus();
}

absl::Status InventoryRpc::GetInventoryLevels(CallScope& call, const ::inventory::GetInventoryLevelsRequest& request,
                                              ::inventory::GetInventoryLevelsResponse& response) {
  const std::vector<std::string> items(request.item_ids().begin(), request.item_ids().end());
  const std::vector<std::string> locations(request.location_ids().begin(), request.location_ids().end());
  const absl::StatusOr<std::vector<ports::LevelRow>> rows = inventory_.Levels(items, locations, call.context());
  if (!rows.ok()) return rows.status();
  for (const ports::LevelRow& row : *rows) FillLevel(row, *response.add_levels());
  return absl::OkStatus();
}

absl::Status InventoryRpc::AdjustInventory(CallScope& call, const ::inventory::AdjustInventoryRequest& request,
                                           ::inventory::AdjustInventoryResponse& response) {
  service::AdjustRequest adjust = AdjustFrom(request);
  adjust.request_id = call.metadata(ports::kIdempotencyKey);
  const absl::StatusOr<ports::LevelRow> row = inventory_.Adjust(adjust, call.context());
  if (row.ok()) FillLevel(*row, *response.mutable_inventory_level());
  return row.status();
}

absl::Status InventoryRpc::CreateItem(CallScope& call, const ::inventory::CreateItemRequest& request,
                                      ::inventory::ItemResponse& response) {
  return Answer(inventory_.CreateItem(CreateItemFrom(request), call.context()), response);
}

absl::Status InventoryRpc::GetItem(CallScope& call, const ::inventory::GetItemRequest& request,
                                   ::inventory::ItemResponse& response) {
  return Answer(inventory_.GetItem(request.id(), call.context()), response);
}

absl::Status InventoryRpc::ListItems(CallScope& call, const ::inventory::ListItemsRequest& request,
                                     ::inventory::ListItemsResponse& response) {
  const absl::StatusOr<service::ItemList> list =
      inventory_.ListItems(request.page(), request.page_size(), request.category(), call.context());
  if (!list.ok()) return list.status();
  FillItemList(*list, response);
  return absl::OkStatus();
}

}  // namespace logistics::rpc
