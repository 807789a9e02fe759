// One order from its creation to its end, over gRPC, and what the mesh hears of it.
#include <gmock/gmock.h>

#include <algorithm>

#include "e2e/history.hpp"
#include "e2e/world.hpp"
#include "nlohmann/json.hpp"
#include "unit/messaging/strict_decoder.hpp"

namespace logistics::e2e {
namespace {

using messaging::StrictDecoder;
using support::ReceivedMessage;
using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

class OrderLifeTest : public testing::Test {
 protected:
  OrderLifeTest() {
    daemon_.WaitUntilPublishing();
    product_ = AddProduct(daemon_, 10);
  }

  // The next events, as "<exchange> <routing key>", each held to the contract. Only those of one exchange have an
  // order: the inventory's come first here.
  std::vector<std::string> NextEvents(std::size_t count) {
    std::vector<std::string> names;
    for (ReceivedMessage& message : consumer_.Take(count)) {
      EXPECT_NO_THROW(EXPECT_EQ(StrictDecoder::Decode(message.body), message.type)) << message.body;
      names.push_back(message.exchange + " " + message.routing_key);
      last_.push_back(std::move(message));
    }
    std::stable_sort(names.begin(), names.end(),
                     [](const std::string& a, const std::string& b) { return a.substr(0, 5) < b.substr(0, 5); });
    return names;
  }
  const ReceivedMessage& Last(const std::string& routing_key) {
    for (auto message = last_.rbegin(); message != last_.rend(); ++message) {
      if (message->routing_key == routing_key) return *message;
    }
    throw std::runtime_error("no message with the routing key " + routing_key);
  }

  void TearDown() override { daemon_.Stop(); }

  World world_;
  Daemon daemon_{world_.Serve()};
  support::TestConsumer consumer_{world_.broker.url(), world_.queue()};
  Product product_;
  std::vector<ReceivedMessage> last_;
};

TEST_F(OrderLifeTest, ShippedAndDelivered_TakesTheStockFromTheBooksAndTellsEachStep) {
  ASSERT_THAT(NextEvents(1), ElementsAre("inventory_events inventory.updated"));  // the delivery of the fixture

  const Answer created = Create(daemon_, OrderOf(product_, 3));
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  EXPECT_EQ(created.order.status(), order::ORDER_STATUS_PENDING);
  EXPECT_EQ(created.order.version(), 1);
  EXPECT_DOUBLE_EQ(created.order.total_amount(), 59.97);
  EXPECT_EQ(LevelOf(daemon_, product_).reserved(), 3);
  EXPECT_THAT(NextEvents(2), ElementsAre("inventory_events inventory.reserved", "order_events order.created"));

  const std::string& id = created.order.id();
  const Answer processing = ChangeStatus(daemon_, id, order::ORDER_STATUS_PROCESSING);
  ASSERT_TRUE(processing.status.ok()) << processing.status.error_message();
  EXPECT_THAT(NextEvents(1), ElementsAre("order_events order.status.processing"));
  const Json changed = Json::parse(Last("order.status.processing").body)["data"];
  EXPECT_EQ(changed["previous_status"], "Pending");
  EXPECT_EQ(changed["new_status"], "Processing");
  EXPECT_EQ(changed["changed_by"], "e2e");

  ASSERT_TRUE(ChangeStatus(daemon_, id, order::ORDER_STATUS_SHIPPED).status.ok());
  EXPECT_THAT(NextEvents(2), ElementsAre("inventory_events inventory.updated", "order_events order.status.shipped"));
  const Json updated = Json::parse(Last("inventory.updated").body)["data"];
  EXPECT_EQ(updated["previous_quantity"], 10);
  EXPECT_EQ(updated["new_quantity"], 7);
  const inventory::InventoryLevel level = LevelOf(daemon_, product_);
  EXPECT_EQ(level.quantity(), 7);
  EXPECT_EQ(level.reserved(), 0);
  EXPECT_EQ(level.available(), 7);

  const Answer delivered = ChangeStatus(daemon_, id, order::ORDER_STATUS_DELIVERED);
  ASSERT_TRUE(delivered.status.ok());
  EXPECT_EQ(delivered.order.version(), 4);
  EXPECT_THAT(NextEvents(1), ElementsAre("order_events order.status.delivered"));

  const Answer back = ChangeStatus(daemon_, id, order::ORDER_STATUS_PROCESSING);
  EXPECT_EQ(back.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(GetOrder(daemon_, id).order.version(), 4);
  ExpectConsistent(world_);
}

TEST_F(OrderLifeTest, Cancelled_ReleasesTheStockAndTellsInTheContractsOrder) {
  NextEvents(1);
  const Answer created = Create(daemon_, OrderOf(product_, 4));
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  NextEvents(2);
  const Answer cancelled = Cancel(daemon_, created.order.id());
  ASSERT_TRUE(cancelled.status.ok()) << cancelled.status.error_message();
  EXPECT_EQ(cancelled.order.status(), order::ORDER_STATUS_CANCELLED);
  EXPECT_THAT(NextEvents(3), ElementsAre("inventory_events inventory.released", "order_events order.status.cancelled",
                                         "order_events order.cancelled"));
  const Json told = Json::parse(Last("order.cancelled").body)["data"];
  EXPECT_EQ(told["order_id"], created.order.id());
  EXPECT_EQ(told["reason"], "changed my mind");
  EXPECT_EQ(told["cancelled_by"], "e2e");
  const Json released = Json::parse(Last("inventory.released").body)["data"];
  EXPECT_EQ(released["order_id"], created.order.id());
  EXPECT_EQ(LevelOf(daemon_, product_).available(), 10);

  // The same again changes nothing and publishes nothing: the next event is that of the next order.
  const Answer again = Cancel(daemon_, created.order.id());
  ASSERT_TRUE(again.status.ok()) << again.status.error_message();
  EXPECT_EQ(again.order.version(), 2);
  ASSERT_TRUE(Create(daemon_, OrderOf(product_)).status.ok());
  EXPECT_THAT(NextEvents(2), ElementsAre("inventory_events inventory.reserved", "order_events order.created"));
  ExpectConsistent(world_);
}

TEST_F(OrderLifeTest, CorrelationIdAndTraceparent_ComeBackAndAreInEveryMessageOfTheCall) {
  NextEvents(1);
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const Answer created = Create(daemon_, OrderOf(product_), {"shop-order-4711", traceparent});
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  EXPECT_EQ(created.correlation_id, "shop-order-4711");
  NextEvents(2);
  for (const char* key : {"order.created", "inventory.reserved"}) {
    const ReceivedMessage& message = Last(key);
    EXPECT_EQ(message.correlation_id, "shop-order-4711") << key;
    EXPECT_EQ(message.traceparent, traceparent) << key;
    EXPECT_EQ(message.content_type, "application/json") << key;
    EXPECT_EQ(message.delivery_mode, 2) << key;
    EXPECT_EQ(message.app_id, "logistics-engine") << key;
    EXPECT_EQ(message.message_id, Json::parse(message.body)["id"]) << key;
    EXPECT_GT(message.timestamp, 1'700'000'000) << key;
  }
  const std::string log = daemon_.Log();
  EXPECT_THAT(log, HasSubstr("shop-order-4711"));

  // Without one the daemon makes it, and says so also with a refusal.
  const Answer refused = GetOrder(daemon_, NewUuid());
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(refused.correlation_id.size(), 36U);
}

TEST_F(OrderLifeTest, NoTraceparent_NoneIsPublished) {
  NextEvents(1);
  const Answer created = Create(daemon_, OrderOf(product_));
  ASSERT_TRUE(created.status.ok());
  NextEvents(2);
  EXPECT_EQ(Last("order.created").traceparent, "");
  EXPECT_EQ(Last("order.created").correlation_id, created.correlation_id);
}

}  // namespace
}  // namespace logistics::e2e
