#include "logistics/domain/order_status.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace logistics::domain {
namespace {

TEST(OrderStatus, NamesAndKeys_AreThoseOfTheWire) {
  EXPECT_EQ(OrderStatusName(OrderStatus::kPending), "Pending");
  EXPECT_EQ(OrderStatusName(OrderStatus::kProcessing), "Processing");
  EXPECT_EQ(OrderStatusName(OrderStatus::kShipped), "Shipped");
  EXPECT_EQ(OrderStatusName(OrderStatus::kDelivered), "Delivered");
  EXPECT_EQ(OrderStatusName(OrderStatus::kCancelled), "Cancelled");
  EXPECT_EQ(OrderStatusName(OrderStatus::kReturned), "Returned");
  EXPECT_EQ(OrderStatusName(OrderStatus::kUnknown), "Unknown");
  EXPECT_EQ(OrderStatusKey(OrderStatus::kPending), "pending");
  EXPECT_EQ(OrderStatusKey(OrderStatus::kCancelled), "cancelled");
}

TEST(OrderStatus, FromKey_IsTheInverse_WithoutUnknown) {
  for (int number = 1; number <= 6; ++number) {
    const auto status = static_cast<OrderStatus>(number);
    EXPECT_EQ(OrderStatusFromKey(OrderStatusKey(status)), status);
  }
  for (const char* key : {"unknown", "", "Pending", "pending ", "canceled"})
    EXPECT_FALSE(OrderStatusFromKey(key)) << key;
}

TEST(OrderStatus, LegalChanges_AreThisTableAndNoOther) {
  const std::set<std::pair<OrderStatus, OrderStatus>> legal = {
      {OrderStatus::kPending, OrderStatus::kProcessing}, {OrderStatus::kPending, OrderStatus::kCancelled},
      {OrderStatus::kProcessing, OrderStatus::kShipped}, {OrderStatus::kProcessing, OrderStatus::kCancelled},
      {OrderStatus::kShipped, OrderStatus::kDelivered},  {OrderStatus::kShipped, OrderStatus::kReturned},
      {OrderStatus::kDelivered, OrderStatus::kReturned},
  };
  for (int from = -1; from <= 8; ++from) {
    for (int to = -1; to <= 8; ++to) {
      const auto change = std::pair(static_cast<OrderStatus>(from), static_cast<OrderStatus>(to));
      EXPECT_EQ(IsLegalChange(change.first, change.second), legal.contains(change)) << from << " -> " << to;
    }
  }
}

}  // namespace
}  // namespace logistics::domain
