#include "messaging/events/event_encoder.hpp"

#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kEnvelopeVersion = "1.0";

Json NullWhenEmpty(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json DataOf(const domain::OrderCreated& event) {
  return {{"order_id", event.order_id.ToString()},
          {"customer_id", event.customer_id.ToString()},
          {"status", domain::OrderStatusKey(domain::OrderStatus::kPending)},
          {"total_amount", event.total_amount},
          {"items_count", event.items_count}};
}

Json DataOf(const domain::OrderStatusChanged& event) {
  return {{"order_id", event.order_id.ToString()},
          {"previous_status", event.previous_status ? Json(domain::OrderStatusName(*event.previous_status)) : Json()},
          {"new_status", domain::OrderStatusName(event.new_status)},
          {"changed_by", NullWhenEmpty(event.changed_by)},
          {"notes", NullWhenEmpty(event.notes)}};
}

Json DataOf(const domain::OrderCancelled& event) {
  return {{"order_id", event.order_id.ToString()},
          {"reason", event.reason},
          {"cancelled_by", NullWhenEmpty(event.cancelled_by)}};
}

Json DataOf(const domain::InventoryReserved& event) {
  Json items = Json::array();
  for (const domain::StockItem& item : event.items) {
    items.push_back({{"product_id", item.product_id.ToString()}, {"sku", item.sku}, {"quantity", item.quantity}});
  }
  return {{"reservation_id", event.reservation_id},
          {"order_id", event.order_id.ToString()},
          {"items", std::move(items)},
          {"warehouse_id", event.warehouse_id.ToString()}};
}

Json DataOf(const domain::InventoryReleased& event) {
  return {{"reservation_id", event.reservation_id}, {"order_id", event.order_id.ToString()}, {"reason", event.reason}};
}

Json DataOf(const domain::InventoryUpdated& event) {
  return {{"product_id", event.product_id.ToString()},     {"sku", event.sku},
          {"previous_quantity", event.previous_quantity},  {"new_quantity", event.new_quantity},
          {"warehouse_id", event.warehouse_id.ToString()}, {"reason", event.reason}};
}

}  // namespace

std::string JsonEventEncoder::Encode(const domain::Event& event) const {
  Json envelope = {{"id", event.id.ToString()},
                   {"event_type", domain::EventType(event.data)},
                   {"timestamp", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", event.timestamp, absl::UTCTimeZone())},
                   {"version", kEnvelopeVersion}};
  envelope["data"] = std::visit([](const auto& data) { return DataOf(data); }, event.data);
  return envelope.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace logistics::messaging
