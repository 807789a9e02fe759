#include "rpc/inventory/inventory_conversions.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "rpc/call/timestamps.hpp"

namespace logistics::rpc {

service::CreateItemRequest CreateItemFrom(const ::inventory::CreateItemRequest& request) {
  return {.sku = request.sku(),
          .name = request.name(),
          .description = request.description(),
          .category = request.category(),
          .attributes = {request.attributes().begin(), request.attributes().end()},
          .location_id = request.location_id()};
}

service::AdjustRequest AdjustFrom(const ::inventory::AdjustInventoryRequest& request) {
  return {.item_id = request.item_id(),
          .quantity = request.quantity(),
          .reason = request.reason(),
          .location_id = request.location_id(),
          .reference = request.reference(),
          .request_id = std::nullopt};
}

void FillItem(const domain::Product& product, ::inventory::Item& item) {
  item.set_id(product.id.ToString());
  item.set_sku(product.sku);
  item.set_name(product.name);
  item.set_description(product.description);
  item.set_category(product.category);
  item.mutable_attributes()->insert(product.attributes.begin(), product.attributes.end());
  FillTimestamp(product.created_at, *item.mutable_created_at());
  FillTimestamp(product.updated_at, *item.mutable_updated_at());
}

void FillLevel(const ports::LevelRow& row, ::inventory::InventoryLevel& level) {
  level.set_item_id(row.key.product_id.ToString());
  level.set_location_id(row.key.warehouse_id.ToString());
  level.set_quantity(row.level.quantity);
  level.set_reserved(row.level.reserved);
  level.set_available(row.level.available());
  FillTimestamp(row.updated_at, *level.mutable_last_updated());
}

void FillItemList(const service::ItemList& list, ::inventory::ListItemsResponse& response) {
  for (const domain::Product& product : list.page.products) FillItem(product, *response.add_items());
  constexpr std::int64_t kCountMax = std::numeric_limits<std::int32_t>::max();
  response.set_total(static_cast<std::int32_t>(std::min(list.page.total_count, kCountMax)));
  response.set_page(list.page_number);
  response.set_page_size(list.page_size);
}

service::ReserveRequest ReserveFrom(const ::inventory::StockReservationRequest& request) {
  service::ReserveRequest converted{
      .order_id = request.order_id(), .warehouse_id = request.warehouse_id(), .items = {}};
  for (const ::inventory::ProductItem& item : request.items()) {
    converted.items.push_back({item.product_id(), item.sku(), item.quantity()});
  }
  return converted;
}

void FillReservation(const service::ReserveAnswer& answer, const ::inventory::StockReservationRequest& request,
                     ::inventory::StockReservationResponse& response) {
  response.set_success(answer.answer.held);
  response.set_reservation_id(answer.reservation_id);
  int wrong = 0;
  for (std::size_t i = 0; i < answer.answer.items.size(); ++i) {
    const domain::ItemAvailability& item = answer.answer.items[i];
    const ::inventory::ProductItem& wanted = request.items(static_cast<int>(i));
    ::inventory::ProductAvailability& availability = *response.add_items();
    availability.set_product_id(item.product_id ? item.product_id->ToString() : wanted.product_id());
    availability.set_sku(item.sku.empty() ? wanted.sku() : item.sku);
    availability.set_in_stock(item.in_stock);
    availability.set_available_quantity(static_cast<std::int32_t>(item.available));  // levels are within 32 bits
    availability.set_error_message(item.error);
    if (!item.error.empty()) ++wrong;
  }
  response.set_message(answer.answer.held ? "all items are held"
                                          : absl::StrCat("nothing is held: ", wrong, " of ", request.items_size(),
                                                         " items cannot be had"));
}

void FillReleased(const service::EndReservationAnswer& answer, ::inventory::ReleaseStockResponse& response) {
  response.set_success(true);
  response.set_message(answer.changed ? "released" : "released already");
}

void FillCommitted(const service::EndReservationAnswer& answer, ::inventory::CommitReservationResponse& response) {
  response.set_success(true);
  response.set_message(answer.changed ? "committed" : "committed already");
}

void FillUpdate(const service::StockUpdate& update, ::inventory::InventoryUpdateEvent& event) {
  event.set_event_id(update.id.ToString());
  event.set_event_type(update.initial ? "initial" : "updated");
  FillLevel(update.level, *event.mutable_inventory_level());
  FillTimestamp(update.level.updated_at, *event.mutable_timestamp());
}

}  // namespace logistics::rpc
