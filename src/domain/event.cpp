#include "logistics/domain/event.hpp"

namespace logistics::domain {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

std::string_view EventStreamName(EventStream stream) { return stream == EventStream::kOrder ? "order" : "inventory"; }

std::optional<EventStream> EventStreamFromName(std::string_view name) {
  if (name == "order") return EventStream::kOrder;
  if (name == "inventory") return EventStream::kInventory;
  return std::nullopt;
}

std::string_view EventType(const EventData& data) {
  return std::visit(Overloaded{
                        [](const OrderCreated&) -> std::string_view { return "OrderCreated"; },
                        [](const OrderStatusChanged&) -> std::string_view { return "OrderStatusChanged"; },
                        [](const OrderCancelled&) -> std::string_view { return "OrderCancelled"; },
                        [](const InventoryReserved&) -> std::string_view { return "InventoryReserved"; },
                        [](const InventoryReleased&) -> std::string_view { return "InventoryReleased"; },
                        [](const InventoryUpdated&) -> std::string_view { return "InventoryUpdated"; },
                    },
                    data);
}

std::string RoutingKey(const EventData& data) {
  return std::visit(Overloaded{
                        [](const OrderCreated&) { return std::string("order.created"); },
                        [](const OrderStatusChanged& event) {
                          return std::string("order.status.").append(OrderStatusKey(event.new_status));
                        },
                        [](const OrderCancelled&) { return std::string("order.cancelled"); },
                        [](const InventoryReserved&) { return std::string("inventory.reserved"); },
                        [](const InventoryReleased&) { return std::string("inventory.released"); },
                        [](const InventoryUpdated&) { return std::string("inventory.updated"); },
                    },
                    data);
}

EventStream StreamOf(const EventData& data) {
  return std::visit(Overloaded{
                        [](const OrderCreated&) { return EventStream::kOrder; },
                        [](const OrderStatusChanged&) { return EventStream::kOrder; },
                        [](const OrderCancelled&) { return EventStream::kOrder; },
                        [](const InventoryReserved&) { return EventStream::kInventory; },
                        [](const InventoryReleased&) { return EventStream::kInventory; },
                        [](const InventoryUpdated&) { return EventStream::kInventory; },
                    },
                    data);
}

OrderingKey OrderingKeyOf(const EventData& data) {
  return std::visit(Overloaded{
                        [](const InventoryUpdated& event) {
                          return OrderingKey{std::nullopt, event.product_id};
                        },
                        [](const auto& event) {
                          return OrderingKey{event.order_id, std::nullopt};
                        },
                    },
                    data);
}

}  // namespace logistics::domain
