#include "rpc/inventory_rpc.hpp"

#include <string>
#include <vector>

#include "rpc/inventory_conversions.hpp"

namespace logistics::rpc {
namespace {

absl::Status Answer(const absl::StatusOr<domain::Product>& product, ::inventory::ItemResponse& response) {
  if (product.ok()) FillItem(*product, *response.mutable_item());
  return product.status();
}

}  // namespace

InventoryRpc::InventoryRpc(service::InventoryService& inventory, CallRuntime& runtime)
    : inventory_(inventory),
      runtime_(runtime),
      levels_("inventory.InventoryService/GetInventoryLevels", runtime.metrics()),
      adjust_("inventory.InventoryService/AdjustInventory", runtime.metrics()),
      create_item_("inventory.InventoryService/CreateItem", runtime.metrics()),
      get_item_("inventory.InventoryService/GetItem", runtime.metrics()),
      list_items_("inventory.InventoryService/ListItems", runtime.metrics()) {}

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
    const absl::StatusOr<ports::LevelRow> row = inventory_.Adjust(AdjustFrom(*request), call.context());
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
