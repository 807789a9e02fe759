#include "messaging/events/event_encoder.hpp"

#include <variant>

#include "absl/time/time.h"
#include "messaging/events/json_text.hpp"

namespace logistics::messaging {
namespace {

constexpr const char* kEnvelopeVersion = "1.0";

void AddData(const domain::OrderCreated& event, JsonText& json) {
  json.Text("order_id", event.order_id.ToString());
  json.Text("customer_id", event.customer_id.ToString());
  json.Text("status", domain::OrderStatusKey(domain::OrderStatus::kPending));
  json.Text("total_amount", event.total_amount);
  json.Number("items_count", event.items_count);
}

void AddData(const domain::OrderStatusChanged& event, JsonText& json) {
  json.Text("order_id", event.order_id.ToString());
  json.TextOrNull("previous_status", event.previous_status ? domain::OrderStatusName(*event.previous_status) : "");
  json.Text("new_status", domain::OrderStatusName(event.new_status));
  json.TextOrNull("changed_by", event.changed_by);
  json.TextOrNull("notes", event.notes);
}

void AddData(const domain::OrderCancelled& event, JsonText& json) {
  json.Text("order_id", event.order_id.ToString());
  json.Text("reason", event.reason);
  json.TextOrNull("cancelled_by", event.cancelled_by);
}

void AddData(const domain::InventoryReserved& event, JsonText& json) {
  json.Text("reservation_id", event.reservation_id);
  json.Text("order_id", event.order_id.ToString());
  json.Objects("items", event.items, [&](const domain::StockItem& item) {
    json.Text("product_id", item.product_id.ToString());
    json.Text("sku", item.sku);
    json.Number("quantity", item.quantity);
  });
  json.Text("warehouse_id", event.warehouse_id.ToString());
}

void AddData(const domain::InventoryReleased& event, JsonText& json) {
  json.Text("reservation_id", event.reservation_id);
  json.Text("order_id", event.order_id.ToString());
  json.Text("reason", event.reason);
}

void AddData(const domain::InventoryUpdated& event, JsonText& json) {
  json.Text("product_id", event.product_id.ToString());
  json.Text("sku", event.sku);
  json.Number("previous_quantity", event.previous_quantity);
  json.Number("new_quantity", event.new_quantity);
  json.Text("warehouse_id", event.warehouse_id.ToString());
  json.Text("reason", event.reason);
}

}  // namespace

std::string JsonEventEncoder::Encode(const domain::Event& event) const {
  JsonText json;
  json.Text("id", event.id.ToString());
  json.Text("event_type", domain::EventType(event.data));
  json.Text("timestamp", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", event.timestamp, absl::UTCTimeZone()));
  json.Text("version", kEnvelopeVersion);
  json.Object("data", [&] { std::visit([&](const auto& data) { AddData(data, json); }, event.data); });
  return std::move(json).Take();
}

}  // namespace logistics::messaging
