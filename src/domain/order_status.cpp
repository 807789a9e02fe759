#include "logistics/domain/order_status.hpp"

namespace logistics::domain {

std::string_view OrderStatusName(OrderStatus status) {
  switch (status) {
    case OrderStatus::kPending:
      return "Pending";
    case OrderStatus::kProcessing:
      return "Processing";
    case OrderStatus::kShipped:
      return "Shipped";
    case OrderStatus::kDelivered:
      return "Delivered";
    case OrderStatus::kCancelled:
      return "Cancelled";
    case OrderStatus::kReturned:
      return "Returned";
    case OrderStatus::kUnknown:
      break;
  }
  return "Unknown";
}

std::string_view OrderStatusKey(OrderStatus status) {
  switch (status) {
    case OrderStatus::kPending:
      return "pending";
    case OrderStatus::kProcessing:
      return "processing";
    case OrderStatus::kShipped:
      return "shipped";
    case OrderStatus::kDelivered:
      return "delivered";
    case OrderStatus::kCancelled:
      return "cancelled";
    case OrderStatus::kReturned:
      return "returned";
    case OrderStatus::kUnknown:
      break;
  }
  return "unknown";
}

std::optional<OrderStatus> OrderStatusFromKey(std::string_view key) {
  for (const OrderStatus status : {OrderStatus::kPending, OrderStatus::kProcessing, OrderStatus::kShipped,
                                   OrderStatus::kDelivered, OrderStatus::kCancelled, OrderStatus::kReturned}) {
    if (OrderStatusKey(status) == key) return status;
  }
  return std::nullopt;
}

bool IsLegalChange(OrderStatus from, OrderStatus to) {
  switch (from) {
    case OrderStatus::kPending:
      return to == OrderStatus::kProcessing || to == OrderStatus::kCancelled;
    case OrderStatus::kProcessing:
      return to == OrderStatus::kShipped || to == OrderStatus::kCancelled;
    case OrderStatus::kShipped:
      return to == OrderStatus::kDelivered || to == OrderStatus::kReturned;
    case OrderStatus::kDelivered:
      return to == OrderStatus::kReturned;
    case OrderStatus::kCancelled:
    case OrderStatus::kReturned:
    case OrderStatus::kUnknown:
      break;
  }
  return false;
}

}  // namespace logistics::domain
