#include "messaging/events/event_encoder.hpp"

#include <gmock/gmock.h>

#include "nlohmann/json.hpp"
#include "unit/messaging/outbox_message.hpp"
#include "unit/messaging/strict_decoder.hpp"

namespace logistics::messaging {
namespace {

const domain::OrderId kOrder(UuidOf(1, 3));
const domain::CustomerId kCustomer(UuidOf(2, 4));
const domain::ProductId kProduct(UuidOf(3, 5));
const domain::WarehouseId kWarehouse(UuidOf(4, 6));

domain::Event EventWith(domain::EventData data) {
  return {UuidOf(9, 2), absl::FromUnixMicros(1'700'000'000'123'456), std::move(data)};
}

std::string Encoded(domain::EventData data) { return JsonEventEncoder().Encode(EventWith(std::move(data))); }

nlohmann::json Data(domain::EventData data) { return nlohmann::json::parse(Encoded(std::move(data)))["data"]; }

TEST(EventEncoderTest, Encode_EveryType_SatisfiesAStrictConsumer) {
  const std::vector<std::pair<std::string, domain::EventData>> events = {
      {"OrderCreated", domain::OrderCreated{kOrder, kCustomer, "19.99", 2}},
      {"OrderStatusChanged", domain::OrderStatusChanged{kOrder, std::nullopt, domain::OrderStatus::kPending, "", ""}},
      {"OrderStatusChanged", domain::OrderStatusChanged{kOrder, domain::OrderStatus::kPending,
                                                        domain::OrderStatus::kProcessing, "ann", "in a hurry"}},
      {"OrderCancelled", domain::OrderCancelled{kOrder, "changed my mind", ""}},
      {"OrderCancelled", domain::OrderCancelled{kOrder, "", "ann"}},
      {"InventoryReserved",
       domain::InventoryReserved{kOrder.ToString(), kOrder, {{kProduct, "A-1", 3}, {kProduct, "", 1}}, kWarehouse}},
      {"InventoryReleased", domain::InventoryReleased{kOrder.ToString(), kOrder, "cancelled"}},
      {"InventoryUpdated", domain::InventoryUpdated{kProduct, "A-1", 0, INT32_MAX, kWarehouse, "delivery"}}};
  for (const auto& [type, data] : events) {
    const std::string body = Encoded(data);
    EXPECT_NO_THROW(EXPECT_EQ(StrictDecoder::Decode(body), type)) << body;
  }
}

TEST(EventEncoderTest, Encode_Envelope_IsCompactAndInTheOrderOfTheContract) {
  EXPECT_EQ(Encoded(domain::InventoryReleased{"r-1", kOrder, "late"}),
            R"({"id":"02000000-0000-0000-0000-000000000009","event_type":"InventoryReleased",)"
            R"("timestamp":"2023-11-14T22:13:20.123456Z","version":"1.0","data":{"reservation_id":"r-1",)"
            R"("order_id":"03000000-0000-0000-0000-000000000001","reason":"late"}})");
}

TEST(EventEncoderTest, Encode_OrderCreated_CarriesAmountAsDecimalText) {
  const nlohmann::json data = Data(domain::OrderCreated{kOrder, kCustomer, "1200.50", 7});
  EXPECT_EQ(data["total_amount"], "1200.50");
  EXPECT_EQ(data["items_count"], 7);
  EXPECT_EQ(data["status"], "pending");
}

TEST(EventEncoderTest, Encode_StatusChanged_NamesStatesAndLeavesOptionalsNull) {
  const nlohmann::json data =
      Data(domain::OrderStatusChanged{kOrder, std::nullopt, domain::OrderStatus::kShipped, "", ""});
  EXPECT_TRUE(data.at("previous_status").is_null());
  EXPECT_EQ(data["new_status"], "Shipped");
  EXPECT_TRUE(data.at("changed_by").is_null());
  EXPECT_TRUE(data.at("notes").is_null());
}

TEST(EventEncoderTest, Encode_TextOfAnyKind_StaysValid) {
  const std::string quoted = "\"\\\n\t\x01 \xc3\xa4 \xf0\x9f\x9a\x9a";
  EXPECT_EQ(Data(domain::OrderCancelled{kOrder, quoted, ""})["reason"], quoted);
  EXPECT_EQ(Data(domain::OrderCancelled{kOrder, "broken \xff byte", ""})["reason"], "broken \xef\xbf\xbd byte");
}

TEST(StrictDecoderTest, Decode_WhatTheMeshWouldRefuse_IsRefused) {
  const std::string good = Encoded(domain::OrderCreated{kOrder, kCustomer, "19.99", 2});
  EXPECT_NO_THROW(StrictDecoder::Decode(good));
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    const std::size_t at = bad.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bad.replace(at, from.size(), to);
    EXPECT_ANY_THROW(StrictDecoder::Decode(bad)) << bad;
  };
  refused("\"19.99\"", "19.99");
  refused("\"19.99\"", "\"1e3\"");
  refused("\"items_count\":2", "\"items_count\":2.5");
  refused("\"items_count\":2", "\"items_count\":4294967296");
  refused(",\"items_count\":2", "");
  refused("03000000-0000-0000-0000-000000000001", "03000000000000000000000000000001");
  refused("22:13:20.123456Z", "22:13:20.123456+00:00");
  refused("2023-11-14T", "2023-11-14 ");
  refused("\"version\":\"1.0\"", "\"version\":1.0");
  refused("OrderCreated", "OrderMade");
  refused("\"status\":\"pending\"", "\"status\":\"pending\",\"colour\":\"red\"");
}

}  // namespace
}  // namespace logistics::messaging
