// Events that the mesh hears. Contract §3 fixes names, routing keys and data; messaging/events makes the JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/order_status.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::domain {

struct OrderCreated {
  OrderId order_id;
  CustomerId customer_id;
  std::string total_amount;      // decimal string
  std::int32_t items_count = 0;  // lines, not pieces
};

struct OrderStatusChanged {
  OrderId order_id;
  std::optional<OrderStatus> previous_status;
  OrderStatus new_status = OrderStatus::kUnknown;
  std::string changed_by;  // empty = null on the wire
  std::string notes;       // empty = null on the wire
};

struct OrderCancelled {
  OrderId order_id;
  std::string reason;
  std::string cancelled_by;  // empty = null on the wire
};

struct InventoryReserved {
  std::string reservation_id;
  OrderId order_id;
  std::vector<StockItem> items;
  WarehouseId warehouse_id;
};

struct InventoryReleased {
  std::string reservation_id;
  OrderId order_id;
  std::string reason;
};

struct InventoryUpdated {
  ProductId product_id;
  std::string sku;
  std::int64_t previous_quantity = 0;  // physical
  std::int64_t new_quantity = 0;
  WarehouseId warehouse_id;
  std::string reason;
};

using EventData = std::variant<OrderCreated, OrderStatusChanged, OrderCancelled, InventoryReserved, InventoryReleased,
                               InventoryUpdated>;

struct Event {
  Uuid id;  // message_id: what consumers dedupe by
  absl::Time timestamp;
  EventData data;
};

// Which exchange an event belongs to; the exchange's name is configuration.
enum class EventStream { kOrder, kInventory };
std::string_view EventStreamName(EventStream stream);  // "order", "inventory": the outbox table's word
std::optional<EventStream> EventStreamFromName(std::string_view name);

std::string_view EventType(const EventData& data);  // "OrderCreated"
std::string RoutingKey(const EventData& data);      // "order.status.processing"
EventStream StreamOf(const EventData& data);

// Events that share an order, or a product, on one stream are first published in the order of their changes.
// Exactly one of the two is set.
struct OrderingKey {
  std::optional<OrderId> order_id;
  std::optional<ProductId> product_id;
};
OrderingKey OrderingKeyOf(const EventData& data);

}  // namespace logistics::domain
