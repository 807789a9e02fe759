// The life of an order.
#pragma once

#include <optional>
#include <string_view>

namespace logistics::domain {

// Numbers are those of order.OrderStatus on the wire (contract §1) and of orders.status in the database.
enum class OrderStatus : int {
  kUnknown = 0,
  kPending = 1,
  kProcessing = 2,
  kShipped = 3,
  kDelivered = 4,
  kCancelled = 5,
  kReturned = 6,
};

// "Pending", as events write it (contract §3). kUnknown is "Unknown".
std::string_view OrderStatusName(OrderStatus status);

// "pending": routing keys, OrderCreated.status and the orders table.
std::string_view OrderStatusKey(OrderStatus status);

// The inverse of OrderStatusKey, without kUnknown; nullopt for anything else.
std::optional<OrderStatus> OrderStatusFromKey(std::string_view key);

// PENDING -> PROCESSING | CANCELLED, PROCESSING -> SHIPPED | CANCELLED, SHIPPED -> DELIVERED | RETURNED,
// DELIVERED -> RETURNED. Everything else, a status onto itself too, is no legal change.
bool IsLegalChange(OrderStatus from, OrderStatus to);

}  // namespace logistics::domain
