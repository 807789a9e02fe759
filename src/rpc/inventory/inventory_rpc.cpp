#include "rpc/inventory/inventory_rpc.hpp"

#include <string>
#include <vector>

#include "rpc/inventory/inventory_conversions.hpp"

namespace logistics::rpc {
namespace {

absl::Status Answer(const absl::StatusOr<domain::Product>& product, ::inventory::ItemResponse& response) {
  if (product.ok()) FillItem(*product, *response.mutable_item());
  return product.status();
}

}  // namespace

InventoryRpc::InventoryRpc(service::InventoryService& inventory, service::StockUpdates& updates, CallRuntime& runtime)
    : inventory_(inventory),
      runtime_(runtime),
      streams_(updates, runtime),
      reserve_("inventory.InventoryService/CheckAndReserveStock", runtime.metrics()),
      release_("inventory.InventoryService/ReleaseReservedStock", runtime.metrics()),
      commit_("inventory.InventoryService/CommitReservation", runtime.metrics()),
      levels_("inventory.InventoryService/GetInventoryLevels", runtime.metrics()),
      adjust_("inventory.InventoryService/AdjustInventory", runtime.metrics()),
      create_item_("inventory.InventoryService/CreateItem", runtime.metrics()),
      get_item_("inventory.InventoryService/GetItem", runtime.metrics()),
      list_items_("inventory.InventoryService/ListItems", runtime.metrics()) {}

grpc::Status InventoryRpc::CheckAndReserveStock(grpc::ServerContext* context,
                                                const ::inventory::StockReservationRequest* request,
                                                ::inventory::StockReservationResponse* response) {
  return Serve(runtime_, reserve_, *context, [&](CallScope& call) -> absl::Status {
    call.set_order_id(request->order_id());
    const absl::StatusOr<service::ReserveAnswer> answer = inventory_.Reserve(ReserveFrom(*request), call.context());
    if (!answer.ok()) return answer.status();
    FillReservation(*answer, *request, *response);
    call.set_order_id(response->reservation_id());
    return absl::OkStatus();
  });
}

grpc::Status InventoryRpc::ReleaseReservedStock(grpc::ServerContext* context,
                                                const ::inventory::ReleaseStockRequest* request,
                                                ::inventory::ReleaseStockResponse* response) {
  return Serve(runtime_, release_, *context, [&](CallScope& call) -> absl::Status {
    call.set_order_id(request->reservation_id().empty() ? request->order_id() : request->reservation_id());
    const absl::StatusOr<service::EndReservationAnswer> answer =
        inventory_.Release({request->reservation_id(), request->order_id(), request->reason()}, call.context());
    if (!answer.ok()) return answer.status();
    response->set_success(true);
    response->set_message(answer->changed ? "released" : "released already");
    return absl::OkStatus();
  });
}

grpc::Status InventoryRpc::CommitReservation(grpc::ServerContext* context,
                                             const ::inventory::CommitReservationRequest* request,
                                             ::inventory::CommitReservationResponse* response) {
  return Serve(runtime_, commit_, *context, [&](CallScope& call) -> absl::Status {
    call.set_order_id(request->reservation_id().empty() ? request->order_id() : request->reservation_id());
    const absl::StatusOr<service::EndReservationAnswer> answer =
        inventory_.Commit({request->reservation_id(), request->order_id(), ""}, call.context());
    if (!answer.ok()) return answer.status();
    response->set_success(true);
    response->set_message(answer->changed ? "committed" : "committed already");
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<::inventory::InventoryUpdateEvent>* InventoryRpc::StreamInventoryUpdates(
    grpc::CallbackServerContext* context, const ::inventory::StreamInventoryUpdatesRequest* request) {
  return streams_.Open(*context, *request);
}

grpc::Status InventoryRpc::GetInventoryLevels(grpc::ServerContext* context,
                                              const ::inventory::GetInventoryLevelsRequest* request,
                                              ::inventory::GetInventoryLevelsResponse* response) {
  return Serve(runtime_, levels_, *context, [&](CallScope& call) -> absl::Status {
    const std::vector<std::string> items(request->item_ids().begin(), request->item_ids().end());
    const std::vector<std::string> locations(request->location_ids().begin(), request->location_ids().end());
    const absl::StatusOr<std::vector<ports::LevelRow>> rows = inventory_.Levels(items, locations, call.context());
    if (!rows.ok()) return rows.status();
    for (const ports::LevelRow& row : *rows) FillLevel(row, *response->add_levels());
    return absl::OkStatus();
  });
}

grpc::Status InventoryRpc::AdjustInventory(grpc::ServerContext* context,
                                           const ::inventory::AdjustInventoryRequest* request,
                                           ::inventory::AdjustInventoryResponse* response) {
  return Serve(runtime_, adjust_, *context, [&](CallScope& call) -> absl::Status {
    service::AdjustRequest adjust = AdjustFrom(*request);
    adjust.request_id = FindMetadata(*context, ports::kIdempotencyKey);
    const absl::StatusOr<ports::LevelRow> row = inventory_.Adjust(adjust, call.context());
    if (row.ok()) FillLevel(*row, *response->mutable_inventory_level());
    return row.status();
  });
}

grpc::Status InventoryRpc::CreateItem(grpc::ServerContext* context, const ::inventory::CreateItemRequest* request,
                                      ::inventory::ItemResponse* response) {
  return Serve(runtime_, create_item_, *context, [&](CallScope& call) {
    return Answer(inventory_.CreateItem(CreateItemFrom(*request), call.context()), *response);
  });
}

grpc::Status InventoryRpc::GetItem(grpc::ServerContext* context, const ::inventory::GetItemRequest* request,
                                   ::inventory::ItemResponse* response) {
  return Serve(runtime_, get_item_, *context,
               [&](CallScope& call) { return Answer(inventory_.GetItem(request->id(), call.context()), *response); });
}

grpc::Status InventoryRpc::ListItems(grpc::ServerContext* context, const ::inventory::ListItemsRequest* request,
                                     ::inventory::ListItemsResponse* response) {
  return Serve(runtime_, list_items_, *context, [&](CallScope& call) -> absl::Status {
    const absl::StatusOr<service::ItemList> list =
        inventory_.ListItems(request->page(), request->page_size(), request->category(), call.context());
    if (!list.ok()) return list.status();
    FillItemList(*list, *response);
    return absl::OkStatus();
  });
}

}  // namespace logistics::rpc
