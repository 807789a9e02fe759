#include "messaging/amqp/topology.hpp"

#include <gmock/gmock.h>

namespace logistics::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using Value = Arguments::mapped_type;

BrokerOptions WithoutConsumers() {
  BrokerOptions options;
  options.payments.enabled = false;
  return options;
}

QueueOptions OrderQueue() {
  QueueOptions queue;
  queue.name = "order_processing";
  queue.exchange = "order_events";
  queue.routing_keys = {"order.#", "order.created"};
  return queue;
}

TEST(TopologyTest, TopologyOf_NoQueues_DeclaresExchangesWithTheirDeadLetterExchanges) {
  const Topology topology = TopologyOf(WithoutConsumers());
  EXPECT_THAT(topology.exchanges,
              ElementsAre("order_events", "order_events.dlx", "inventory_events", "inventory_events.dlx",
                          "shipment_events", "shipment_events.dlx", "payment_events", "payment_events.dlx"));
  EXPECT_THAT(topology.queues, IsEmpty());
  EXPECT_THAT(topology.bindings, IsEmpty());
}

TEST(TopologyTest, TopologyOf_ExchangesOfOneName_AreDeclaredOnce) {
  BrokerOptions options;
  options.order_exchange = options.inventory_exchange = options.shipment_exchange = options.payment_exchange = "events";
  EXPECT_THAT(TopologyOf(options).exchanges, ElementsAre("events", "events.dlx"));
}

TEST(TopologyTest, TopologyOf_QuorumQueue_DeadLettersAtLeastOnceUnderItsOwnName) {
  BrokerOptions options = WithoutConsumers();
  options.queues = {OrderQueue()};
  const Topology topology = TopologyOf(options);
  ASSERT_EQ(topology.queues.size(), 2U);
  EXPECT_EQ(topology.queues[0].name, "order_processing.dlq");
  EXPECT_THAT(topology.queues[0].arguments, UnorderedElementsAre(Pair("x-queue-type", Value("quorum"))));
  EXPECT_EQ(topology.queues[1].name, "order_processing");
  EXPECT_THAT(topology.queues[1].arguments,
              UnorderedElementsAre(
                  Pair("x-queue-type", Value("quorum")), Pair("x-delivery-limit", Value(std::int64_t{20})),
                  Pair("x-dead-letter-exchange", Value("order_events.dlx")),
                  Pair("x-dead-letter-routing-key", Value("order_processing")),
                  Pair("x-dead-letter-strategy", Value("at-least-once")), Pair("x-overflow", Value("reject-publish"))));
  ASSERT_EQ(topology.bindings.size(), 3U);
  EXPECT_EQ(topology.bindings[0].queue, "order_processing.dlq");
  EXPECT_EQ(topology.bindings[0].exchange, "order_events.dlx");
  EXPECT_EQ(topology.bindings[0].routing_key, "order_processing");
  EXPECT_EQ(topology.bindings[1].routing_key, "order.#");
  EXPECT_EQ(topology.bindings[2].routing_key, "order.created");
}

TEST(TopologyTest, TopologyOf_LimitsOfZero_AreLeftOut) {
  BrokerOptions options = WithoutConsumers();
  options.queues = {OrderQueue()};
  options.queues[0].delivery_limit = 0;
  EXPECT_EQ(TopologyOf(options).queues[1].arguments.count("x-delivery-limit"), 0U);
  EXPECT_EQ(TopologyOf(options).queues[1].arguments.count("x-max-length"), 0U);
  options.queues[0].max_length = 5;
  EXPECT_EQ(TopologyOf(options).queues[1].arguments.at("x-max-length"), Value(std::int64_t{5}));
}

TEST(TopologyTest, TopologyOf_ClassicQueue_RefusesPublishingBeyondItsLimit) {
  BrokerOptions options = WithoutConsumers();
  options.queues = {OrderQueue()};
  options.queues[0].type = QueueType::kClassic;
  const Topology topology = TopologyOf(options);
  EXPECT_THAT(topology.queues[0].arguments, IsEmpty());
  EXPECT_THAT(topology.queues[1].arguments,
              UnorderedElementsAre(Pair("x-dead-letter-exchange", Value("order_events.dlx")),
                                   Pair("x-dead-letter-routing-key", Value("order_processing")),
                                   Pair("x-overflow", Value("reject-publish"))));
}

TEST(TopologyTest, TopologyOf_QueueOnAnExchangeOfOthers_DeclaresThatToo) {
  BrokerOptions options = WithoutConsumers();
  options.queues = {OrderQueue()};
  options.queues[0].exchange = "other_events";
  const Topology topology = TopologyOf(options);
  EXPECT_THAT(topology.exchanges, testing::IsSupersetOf({"other_events", "other_events.dlx"}));
}

TEST(TopologyTest, TopologyOf_PaymentsConsumer_HasAQueueWithOneActiveConsumer) {
  BrokerOptions options;
  options.payment_exchange = "money";
  const Topology topology = TopologyOf(options);
  ASSERT_EQ(topology.queues.size(), 2U);
  EXPECT_EQ(topology.queues[0].name, "logistics_payments.dlq");
  EXPECT_EQ(topology.queues[1].name, "logistics_payments");
  EXPECT_THAT(
      topology.queues[1].arguments,
      UnorderedElementsAre(Pair("x-queue-type", Value("quorum")), Pair("x-delivery-limit", Value(std::int64_t{20})),
                           Pair("x-dead-letter-exchange", Value("money.dlx")),
                           Pair("x-dead-letter-routing-key", Value("logistics_payments")),
                           Pair("x-dead-letter-strategy", Value("at-least-once")),
                           Pair("x-overflow", Value("reject-publish")), Pair("x-single-active-consumer", Value(true))));
  ASSERT_EQ(topology.bindings.size(), 3U);
  EXPECT_EQ(topology.bindings[0].exchange, "money.dlx");
  EXPECT_EQ(topology.bindings[1].exchange, "money");
  EXPECT_EQ(topology.bindings[1].routing_key, "payment.processed");
  EXPECT_EQ(topology.bindings[2].routing_key, "payment.failed");
}

TEST(TopologyTest, TopologyOf_OneQueue_IsWhatItNeedsAndNoMore) {
  const Topology topology = TopologyOf(PaymentsQueueOf(BrokerOptions{}));
  EXPECT_THAT(topology.exchanges, ElementsAre("payment_events", "payment_events.dlx"));
  EXPECT_EQ(topology.queues.size(), 2U);
  EXPECT_EQ(topology.bindings.size(), 3U);
}

}  // namespace
}  // namespace logistics::messaging
