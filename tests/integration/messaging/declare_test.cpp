// The topology at a real broker.
#include "integration/messaging/relay_fixture.hpp"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

using Json = nlohmann::json;
using ports::HealthState;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class DeclareTest : public RelayFixture {
 protected:
  DeclareTest() { options_.queues = {QueueOn("order_processing", {"order.#"})}; }
};

TEST_F(DeclareTest, EverythingExistsWithTheRightArguments) {
  options_.queues.push_back(QueueOn("audit", {"order.created", "order.cancelled"}));
  options_.queues[1].type = QueueType::kClassic;
  options_.queues[1].max_length = 1000;
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  for (const char* name : {"order_events", "inventory_events", "shipment_events", "payment_events", "order_events.dlx",
                           "inventory_events.dlx", "shipment_events.dlx", "payment_events.dlx"}) {
    const std::optional<Json> exchange = broker_.Exchange(name);
    ASSERT_TRUE(exchange.has_value()) << name;
    EXPECT_EQ((*exchange)["type"], "topic") << name;
    EXPECT_EQ((*exchange)["durable"], true) << name;
  }
  const std::optional<Json> queue = broker_.Queue("order_processing");
  ASSERT_TRUE(queue.has_value());
  EXPECT_EQ((*queue)["durable"], true);
  EXPECT_EQ((*queue)["arguments"], (Json{{"x-queue-type", "quorum"},
                                         {"x-delivery-limit", 20},
                                         {"x-dead-letter-exchange", "order_events.dlx"},
                                         {"x-dead-letter-routing-key", "order_processing"},
                                         {"x-dead-letter-strategy", "at-least-once"},
                                         {"x-overflow", "reject-publish"}}));
  EXPECT_EQ(broker_.Queue("order_processing.dlq").value()["arguments"], (Json{{"x-queue-type", "quorum"}}));
  EXPECT_EQ(broker_.Queue("audit").value()["arguments"], (Json{{"x-max-length", 1000},
                                                               {"x-dead-letter-exchange", "order_events.dlx"},
                                                               {"x-dead-letter-routing-key", "audit"},
                                                               {"x-overflow", "reject-publish"}}));
  EXPECT_THAT(broker_.BindingsOf("order_processing"), ElementsAre(Pair("order_events", "order.#")));
  EXPECT_THAT(broker_.BindingsOf("order_processing.dlq"), ElementsAre(Pair("order_events.dlx", "order_processing")));
  EXPECT_THAT(broker_.BindingsOf("audit"),
              ElementsAre(Pair("order_events", "order.cancelled"), Pair("order_events", "order.created")));
}

TEST_F(DeclareTest, ConflictingQueue_IsSaidClearlyAndTheRelayPublishesAllTheSame) {
  options_.queues.push_back(QueueOn("other", {"#"}));
  broker_.DeclareQueue("order_processing", Json{{"x-max-length", 5}});
  StartRelay();
  ASSERT_TRUE(health_.WaitFor(
      "broker", [](const auto& entry) { return entry.reason.find("order_processing") != std::string::npos; },
      kLongWait));
  const fakes::RecordingHealth::Entry last = *health_.Last("broker");
  EXPECT_EQ(last.state, HealthState::kDegraded);
  EXPECT_THAT(last.reason, AllOf(HasSubstr("queue order_processing"), HasSubstr("inequivalent arg 'x-")));
  EXPECT_EQ(metrics_.Value("logistics_topology_conflicts"), 1);
  Commit(NextOf(1));
  EXPECT_TRUE(support::TestConsumer(broker_.url(), "other").Next().has_value()) << "what comes behind is declared";
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(Published("returned"), 0);
}

TEST_F(DeclareTest, UserWhoMayNotDeclare_HasNoConflictWhereAllIsThere) {
  options_.redeclare_interval = absl::Milliseconds(50);
  options_.payments.enabled = true;
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  relay_->Stop(absl::Now() + kLongWait);
  // Without the right to configure, and then without that to bind either: writing is for exchanges, reading for queues.
  for (const char* write : {".*", "^(order|inventory|shipment|payment)_events(\\.dlx)?$"}) {
    options_.urls = {broker_.UrlOfLimitedUser("^$", write, "^logistics_payments$")};
    fakes::RecordingHealth health;
    fakes::CountingMetrics metrics;
    Relay relay(std::make_unique<fakes::MemoryOutbox>(outbox_, 2), routed_keys_, options_, metrics, health);
    relay.Start();
    ASSERT_TRUE(health.WaitForState("broker", HealthState::kUp, kLongWait)) << write;
    EXPECT_EQ(metrics.Value("logistics_topology_conflicts"), 0);
    outbox_.Commit({NextOf(1)});
    relay.Wake();
    EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
    relay.Stop(absl::Now() + kLongWait);
    EXPECT_EQ(health.Last("broker")->state, HealthState::kUp) << "also after it was looked at again";
  }
}

TEST_F(DeclareTest, UserWhoMayNotDeclare_IsToldWhatIsMissing) {
  options_.redeclare_interval = absl::Milliseconds(50);
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  relay_->Stop(absl::Now() + kLongWait);
  broker_.DeleteExchange("shipment_events");
  options_.urls = {broker_.UrlOfLimitedUser("^$", ".*", ".*")};
  relay_ = NewRelay(2);
  relay_->Start();
  ASSERT_TRUE(health_.WaitFor(
      "broker", [](const auto& entry) { return entry.reason.find("shipment_events") != std::string::npos; },
      kLongWait));
  EXPECT_THAT(health_.Last("broker")->reason, AllOf(HasSubstr("1 conflict(s)"), HasSubstr("ACCESS_REFUSED")));
  EXPECT_EQ(metrics_.Value("logistics_topology_conflicts"), 1);
  broker_.DeclareTopicExchange("shipment_events");
  EXPECT_TRUE(health_.WaitForState("broker", HealthState::kUp, kLongWait)) << "somebody has made it";
  broker_.DeleteExchange("inventory_events");
  EXPECT_TRUE(health_.WaitFor(
      "broker", [](const auto& entry) { return entry.reason.find("inventory_events") != std::string::npos; },
      kLongWait))
      << "also what goes later";
}

TEST_F(DeclareTest, LostQueue_IsDeclaredAgain) {
  options_.redeclare_interval = absl::Milliseconds(100);
  options_.queues[0].type = QueueType::kClassic;  // TestBroker says why no other is deleted here
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  broker_.DeleteQueue("order_processing");
  EXPECT_TRUE(support::Eventually([&] { return broker_.Queue("order_processing").has_value(); }));
}

TEST_F(DeclareTest, LostExchange_IsDeclaredAgainWhenAPublicationFindsItMissing) {
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  broker_.DeleteExchange("order_events");
  Commit(NextOf(1));
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(support::TestConsumer(broker_.url(), "order_processing").Next().has_value());
}

}  // namespace
}  // namespace logistics::messaging
