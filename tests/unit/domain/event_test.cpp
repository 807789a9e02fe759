#include "logistics/domain/event.hpp"

#include <gtest/gtest.h>

namespace logistics::domain {
namespace {

const OrderId kOrder = *OrderId::Parse("00000000-0000-7000-8000-00000000000a");
const ProductId kProduct = *ProductId::Parse("00000000-0000-7000-8000-00000000000b");

struct Expected {
  EventData data;
  std::string_view type;
  std::string_view routing_key;
  EventStream stream;
  bool by_product;
};

TEST(Event, EachType_IsRoutedAsTheContractSays) {
  const CustomerId customer;
  const WarehouseId warehouse;
  const std::vector<Expected> table = {
      {OrderCreated{kOrder, customer, "1.00", 1}, "OrderCreated", "order.created", EventStream::kOrder, false},
      {OrderStatusChanged{kOrder, OrderStatus::kPending, OrderStatus::kProcessing, "", ""}, "OrderStatusChanged",
       "order.status.processing", EventStream::kOrder, false},
      {OrderCancelled{kOrder, "late", ""}, "OrderCancelled", "order.cancelled", EventStream::kOrder, false},
      {InventoryReserved{"r", kOrder, {}, warehouse}, "InventoryReserved", "inventory.reserved",
       EventStream::kInventory, false},
      {InventoryReleased{"r", kOrder, "late"}, "InventoryReleased", "inventory.released", EventStream::kInventory,
       false},
      {InventoryUpdated{kProduct, "A", 1, 2, warehouse, "count"}, "InventoryUpdated", "inventory.updated",
       EventStream::kInventory, true},
  };
  for (const Expected& expected : table) {
    SCOPED_TRACE(expected.type);
    EXPECT_EQ(EventType(expected.data), expected.type);
    EXPECT_EQ(RoutingKey(expected.data), expected.routing_key);
    EXPECT_EQ(StreamOf(expected.data), expected.stream);
    const OrderingKey key = OrderingKeyOf(expected.data);
    EXPECT_EQ(key.product_id, expected.by_product ? std::optional(kProduct) : std::nullopt);
    EXPECT_EQ(key.order_id, expected.by_product ? std::nullopt : std::optional(kOrder));
  }
}

TEST(Event, StreamNames_ReadBack) {
  for (const EventStream stream : {EventStream::kOrder, EventStream::kInventory}) {
    EXPECT_EQ(EventStreamFromName(EventStreamName(stream)), stream);
  }
  EXPECT_FALSE(EventStreamFromName("shipment"));
}

}  // namespace
}  // namespace logistics::domain
