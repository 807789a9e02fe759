// Queues that the configuration asks for, and events that no queue takes.
#include <gmock/gmock.h>

#include "e2e/world.hpp"
#include "nlohmann/json.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::TestConsumer;

class TopologyTest : public testing::Test {
 protected:
  void Start(const std::string& yaml = "{}") {
    world_.flags["config"] = folder_.Write("engine.yaml", yaml);
    world_.flags["topology-redeclare-interval"] = "1s";
    daemon_.emplace(world_.Serve());
    daemon_->WaitUntilPublishing();
    product_ = AddProduct(*daemon_, 10);
  }
  std::string Place() {
    const Answer placed = Create(*daemon_, OrderOf(product_));
    EXPECT_TRUE(placed.status.ok()) << placed.status.error_message();
    return placed.order.id();
  }
  // Of events, as they came.
  static std::vector<std::string> KeysOf(TestConsumer& consumer, std::size_t count) {
    std::vector<std::string> keys;
    for (const support::ReceivedMessage& message : consumer.Take(count)) keys.push_back(message.routing_key);
    return keys;
  }

  support::TempFolder folder_;
  World world_;
  std::optional<Daemon> daemon_;
  Product product_;
};

TEST_F(TopologyTest, ConfiguredQueue_IsDeclaredFilledAndMadeAgain) {
  Start(
      "topology:\n  queues:\n"
      "    - {name: cancelled, exchange: order_events, routing_keys: [order.cancelled], max_length: 1000}\n");
  const auto queue = world_.broker.Queue("cancelled");
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ((*queue)["type"], "quorum");
  EXPECT_EQ((*queue)["arguments"]["x-max-length"], 1000);
  EXPECT_TRUE(world_.broker.Queue("cancelled.dlq").has_value());
  for (int i = 0; i < 2; ++i) {
    const std::string order = Place();
    EXPECT_TRUE(Cancel(*daemon_, order).status.ok());
    TestConsumer consumer(world_.broker.url(), "cancelled");
    const auto message = consumer.Next();
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(nlohmann::json::parse(message->body)["data"]["order_id"], order);
    EXPECT_TRUE(consumer.Rest().empty());
    if (i > 0) break;
    world_.broker.DeleteQueue("cancelled");
    EXPECT_TRUE(Eventually([&] { return world_.broker.Queue("cancelled").has_value(); }, kPatience));
    const auto bound = [&] { return world_.broker.BindingsOf("cancelled").size() == 1; };
    EXPECT_TRUE(Eventually(bound, kPatience));
  }
}

TEST_F(TopologyTest, NoQueue_Drop_IsCountedAndTheOutboxIsEmpty) {
  world_.broker.DeleteQueue(world_.queue());
  Start();
  Place();
  EXPECT_TRUE(
      Eventually([&] { return daemon_->Metric("logistics_publish_total{result=\"returned\"}") >= 2; }, kPatience));
  EXPECT_TRUE(Eventually([&] { return world_.database.QueryNumber("SELECT count(*) FROM outbox") == 0; }, kPatience));
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM outbox_quarantine"), 0);
}

TEST_F(TopologyTest, NoQueue_Hold_GoesOutInOrderOnceThereIsOne) {
  world_.broker.DeleteQueue(world_.queue());
  world_.flags["outbox-unroutable"] = "hold";
  Start();
  const std::string order = Place();
  EXPECT_TRUE(Cancel(*daemon_, order).status.ok());
  const auto held = [&] {
    return world_.database.QueryNumber(
        "SELECT count(*) FROM outbox_quarantine WHERE stream = 'order' AND order_id = '" + order + "'");
  };
  EXPECT_TRUE(Eventually([&] { return held() == 3; }, kPatience)) << held();
  EXPECT_TRUE(Eventually([&] { return daemon_->Metric("logistics_outbox_held_rows") >= 3; }, kPatience));
  world_.broker.DeclareQueue("late", {{"x-queue-type", "quorum"}});
  world_.broker.Bind("late", "order_events", "#");
  TestConsumer late(world_.broker.url(), "late");
  EXPECT_THAT(KeysOf(late, 3), testing::ElementsAre("order.created", "order.status.cancelled", "order.cancelled"));
  EXPECT_TRUE(Eventually([&] { return held() == 0; }, kPatience));
}

}  // namespace
}  // namespace logistics::e2e
