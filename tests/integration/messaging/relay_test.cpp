#include "messaging/relay/relay.hpp"

#include "integration/messaging/relay_fixture.hpp"
#include "nlohmann/json.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using ports::HealthState;
using support::ReceivedMessage;
using support::TcpProxy;
using support::TestConsumer;
using testing::HasSubstr;

class RelayTest : public RelayFixture {};

TEST_F(RelayTest, Event_ArrivesWithAllItsProperties) {
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  ports::OutboxMessage message = NextOf(7);
  message.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  message.correlation_id = "call-1";
  message.body = R"({"id":"x"})";
  Commit(message);
  TestConsumer consumer(broker_.url(), "all");
  const std::optional<ReceivedMessage> received = consumer.Next();
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->exchange, "order_events");
  EXPECT_EQ(received->routing_key, "order.created");
  EXPECT_EQ(received->body, message.body);
  EXPECT_EQ(received->content_type, "application/json");
  EXPECT_EQ(received->delivery_mode, 2);
  EXPECT_EQ(received->message_id, message.message_id.ToString());
  EXPECT_EQ(received->type, "OrderCreated");
  EXPECT_EQ(received->app_id, "logistics-engine");
  EXPECT_EQ(received->correlation_id, "call-1");
  EXPECT_EQ(received->traceparent, message.traceparent);
  EXPECT_EQ(received->timestamp, 1'700'000'000);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(outbox_.start(), (ports::OutboxPosition{1, ports::OutboxPosition::kEndOfCommit}));
}

TEST_F(RelayTest, Streams_GoToTheirExchanges) {
  options_.inventory_exchange = "stock";
  options_.queues.push_back(QueueOn("stock_queue", {"#"}));
  options_.queues.back().exchange = "stock";
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  ports::OutboxMessage message = NextOf(7, "inventory.reserved");
  message.stream = domain::EventStream::kInventory;
  Commit(message);
  const std::optional<ReceivedMessage> received = TestConsumer(broker_.url(), "stock_queue").Next();
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->exchange, "stock");
}

TEST_F(RelayTest, ManyEvents_AllArriveInOrderAndTheOutboxIsEmpty) {
  constexpr int kRounds = 40;
  constexpr std::uint64_t kKeys = 50;
  CommitRounds(kRounds / 2, kKeys);
  StartRelay();
  CommitRounds(kRounds / 2, kKeys);
  ASSERT_TRUE(WaitUntilUp());
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, kRounds, kKeys);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(Published("confirmed"), kRounds * static_cast<double>(kKeys));
  EXPECT_EQ(metrics_.Value("logistics_publish_confirm_seconds"), kRounds * static_cast<double>(kKeys));
  EXPECT_EQ(metrics_.Value("logistics_relay_leader"), 1);
  EXPECT_EQ(metrics_.Value("logistics_broker_connected"), 1);
  EXPECT_EQ(outbox_.start().number, kRounds);
}

TEST_F(RelayTest, ConnectionsClosedInMidStream_NothingIsLostAndOrderIsKept) {
  constexpr int kRounds = 150;
  constexpr std::uint64_t kKeys = 20;
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  TestConsumer consumer(broker_.url(), "all");
  for (int part = 0; part < 2; ++part) {
    CommitRounds(kRounds / 2, kKeys);
    EXPECT_GE(broker_.CloseDaemonConnections(), 1);
  }
  ExpectAllInOrder(consumer, kRounds, kKeys);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(outbox_.lost().empty());
  EXPECT_GE(metrics_.Value("logistics_broker_reconnects_total"), 1);
}

TEST_F(RelayTest, ConnectionsCutUnderLoad_NothingIsLostAndOrderIsKept) {
  constexpr int kRounds = 200;
  constexpr std::uint64_t kKeys = 20;
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  TestConsumer consumer(broker_.url(), "all");
  for (int part = 1; part <= 4; ++part) {
    CommitRounds(kRounds / 4, kKeys);
    // In the middle of the messages in flight: some confirmed, some not.
    ASSERT_TRUE(support::Eventually([&] { return Published("confirmed") >= part * 200; }));
    proxy.SetMode(TcpProxy::Mode::kRefuse);
    ASSERT_TRUE(health_.WaitForState("broker", HealthState::kDegraded, kLongWait));
    proxy.SetMode(TcpProxy::Mode::kForward);
  }
  ExpectAllInOrder(consumer, kRounds, kKeys);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(outbox_.lost().empty());
}

TEST_F(RelayTest, NackedOrder_WaitsAlone) {
  options_.queues = {QueueOn("full", {"order.created"}), QueueOn("free", {"order.cancelled"})};
  options_.queues[0].type = QueueType::kClassic;
  options_.queues[0].max_length = 1;
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  Commit(NextOf(1));  // fills the queue
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  Commit(NextOf(2));                     // refused
  Commit(NextOf(2, "order.cancelled"));  // has a place, and waits for the one before
  ASSERT_TRUE(support::Eventually([&] { return Published("nacked") >= 1; }));
  Commit(NextOf(3, "order.cancelled"));
  TestConsumer free(broker_.url(), "free");
  EXPECT_EQ(free.Next()->correlation_id, "3");
  EXPECT_TRUE(outbox_.WaitForQuarantinedRows(2, kLongWait));
  broker_.Purge("full");
  EXPECT_EQ(free.Next()->correlation_id, "2");
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
}

TEST_F(RelayTest, Unroutable_Drop_IsCountedAndDeleted) {
  options_.queues = {};
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(3, 5);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_EQ(Published("returned"), 15);
  EXPECT_EQ(Published("confirmed"), 0);
}

TEST_F(RelayTest, Unroutable_Hold_GoesOutInOrderOnceThereIsAQueue) {
  options_.queues = {QueueOn("cancelled", {"order.cancelled"})};
  options_.unroutable = Unroutable::kHold;
  options_.redeclare_interval = absl::Milliseconds(200);
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  Commit(NextOf(1));
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(1, kLongWait));
  Commit(NextOf(1, "order.cancelled"));  // has a queue, and waits behind the quarantined one
  Commit(NextOf(2, "order.cancelled"));
  TestConsumer cancelled(broker_.url(), "cancelled");
  EXPECT_EQ(cancelled.Next()->correlation_id, "2");
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(2, kLongWait));
  EXPECT_TRUE(outbox_.lost().empty());
  broker_.DeclareQueue("late", nlohmann::json::object());
  broker_.Bind("late", options_.order_exchange, "#");
  const std::vector<ReceivedMessage> late = TestConsumer(broker_.url(), "late").Take(2);
  ASSERT_EQ(late.size(), 2U);
  EXPECT_EQ(late[0].body, "1");
  EXPECT_EQ(late[1].body, "2");
  ASSERT_TRUE(outbox_.WaitForRows(0, kLongWait));
  Commit(NextOf(1));
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait)) << "the key is free again";
}

TEST_F(RelayTest, QuarantinedByAnEarlierRelay_IsNotOvertaken) {
  options_.queues = {};
  options_.unroutable = Unroutable::kHold;
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(2, 1);
  Commit(NextOf(2));
  ASSERT_TRUE(outbox_.WaitForQuarantinedRows(3, kLongWait));
  relay_->Stop(absl::Now() + absl::Seconds(10));
  Commit(NextOf(2));
  Commit(NextOf(2));
  Commit(NextOf(1));
  options_.queues = {QueueOn("all", {"#"})};
  options_.read_page = 2;  // the quarantine comes in two pages: new events must wait for both
  StartRelay();
  ASSERT_TRUE(support::Eventually([&] { return broker_.Queue("all").has_value(); }));
  TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 3, 2);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
}

TEST_F(RelayTest, ChannelError_HoldsTheRefusedOrderAndNoOther) {
  options_.redeclare_interval = absl::Milliseconds(200);
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  broker_.AllowRoutingKeys(options_.order_exchange, "^order[.]created$");
  std::vector<ports::OutboxMessage> messages;
  for (std::uint64_t key = 1; key <= 10; ++key) messages.push_back(NextOf(key));
  messages.push_back(NextOf(11, "order.forbidden"));
  messages.push_back(NextOf(11));
  for (std::uint64_t key = 12; key <= 20; ++key) messages.push_back(NextOf(key));
  outbox_.Commit(std::move(messages));
  relay_->Wake();
  EXPECT_TRUE(outbox_.WaitForRows(2, kLongWait));
  EXPECT_TRUE(outbox_.WaitForQuarantinedRows(2, kLongWait));
  Commit(NextOf(21));
  EXPECT_TRUE(outbox_.WaitForRows(2, kLongWait));
  EXPECT_TRUE(outbox_.lost().empty());
  broker_.AllowAllRoutingKeys();
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait)) << "it is tried again";
  TestConsumer consumer(broker_.url(), "all");
  int of_eleven = 0;
  while (of_eleven < 2) {
    const std::optional<ReceivedMessage> message = consumer.Next();
    ASSERT_TRUE(message.has_value());
    if (message->correlation_id != "11") continue;
    EXPECT_EQ(message->body, std::to_string(++of_eleven)) << "quarantined in order, and never sent before";
  }
}

TEST_F(RelayTest, BrokerNotReachable_SaysSoAndPublishesOnceItIs) {
  TcpProxy proxy(broker_.host(), broker_.port(), TcpProxy::Mode::kRefuse);
  options_.urls = {broker_.UrlThrough(proxy.port())};
  StartRelay();
  CommitRounds(2, 3);
  ASSERT_TRUE(health_.WaitFor(
      "broker",
      [](const auto& entry) {
        return entry.state == HealthState::kDegraded && entry.reason.find("logging in") != std::string::npos;
      },
      kLongWait));
  EXPECT_EQ(outbox_.rows(), 6U);
  EXPECT_EQ(metrics_.Value("logistics_broker_connected"), 0);
  proxy.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(RelayTest, SeveralUrls_AreTriedInTurn) {
  options_.urls = {"amqp://guest:geheim@127.0.0.1:1", broker_.UrlWithPassword("geheim"), broker_.url()};
  StartRelay();
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(RelayTest, WrongPassword_IsSaidWithoutThePassword) {
  options_.urls = {broker_.UrlWithPassword("geheim")};
  StartRelay();
  ASSERT_TRUE(health_.WaitFor(
      "broker", [](const auto& entry) { return entry.reason.find("ACCESS_REFUSED") != std::string::npos; }, kLongWait));
  EXPECT_THAT(health_.Last("broker")->reason, testing::Not(HasSubstr("geheim")));
}

TEST_F(RelayTest, StalledBroker_DoesNotHangStop) {
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  options_.operation_timeout = absl::Hours(1);
  options_.window = 10'000;
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  proxy.SetMode(TcpProxy::Mode::kStall);
  // Far more than the sockets between us hold: the relay ends up inside a write that does not return.
  for (std::uint64_t key = 1; key <= 400; ++key) {
    ports::OutboxMessage message = NextOf(key);
    message.body.assign(100'000, 'x');
    outbox_.Commit({std::move(message)});
  }
  relay_->Wake();
  relay_->Stop(absl::Now() + absl::Milliseconds(300));
  EXPECT_EQ(outbox_.rows(), 400U);
  EXPECT_EQ(outbox_.holder(), 0) << "another replica may take over at once";
}

TEST_F(RelayTest, BrokerThatStopsReading_IsGivenUpAndEverythingArrivesLater) {
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  options_.operation_timeout = absl::Milliseconds(300);
  options_.heartbeat = absl::Minutes(1);  // it is not the heartbeats that find out
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  TestConsumer consumer(broker_.url(), "all");
  proxy.SetMode(TcpProxy::Mode::kStall);
  CommitRounds(10, 10);
  ASSERT_TRUE(health_.WaitForState("broker", HealthState::kDegraded, kLongWait));
  proxy.SetMode(TcpProxy::Mode::kForward);
  ExpectAllInOrder(consumer, 10, 10);
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
}

TEST_F(RelayTest, BlockedByTheBroker_WaitsAndSaysSo) {
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  // connection.blocked("low on memory") and connection.unblocked, as the broker would send them.
  const std::string reason = "low on memory";
  std::string blocked("\x01\x00\x00\x00\x00\x00\x12\x00\x0a\x00\x3c", 11);
  blocked += static_cast<char>(reason.size()) + reason + '\xce';
  proxy.InjectToClients(blocked);
  ASSERT_TRUE(health_.WaitFor(
      "broker", [&](const auto& entry) { return entry.reason.find(reason) != std::string::npos; }, kLongWait));
  EXPECT_EQ(metrics_.Value("logistics_broker_blocked"), 1);
  Commit(NextOf(1));
  EXPECT_FALSE(outbox_.WaitForRows(0, absl::Milliseconds(300)));
  proxy.InjectToClients(std::string("\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x3d\xce", 12));
  EXPECT_TRUE(outbox_.WaitForRows(0, kLongWait));
  EXPECT_TRUE(WaitUntilUp());
  EXPECT_EQ(metrics_.Value("logistics_broker_blocked"), 0);
}

TEST_F(RelayTest, Stop_PublishesTheCommittedFirst) {
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  ASSERT_TRUE(outbox_.WaitForHolder(1, kLongWait));
  for (int round = 0; round < 20; ++round) {
    std::vector<ports::OutboxMessage> messages;
    for (std::uint64_t key = 1; key <= 50; ++key) messages.push_back(NextOf(key));
    outbox_.Commit(std::move(messages));  // without a wake-up
  }
  relay_->Stop(absl::Now() + kLongWait);
  EXPECT_EQ(outbox_.rows(), 0U);
  EXPECT_EQ(outbox_.holder(), 0);
  EXPECT_EQ(metrics_.Value("logistics_relay_leader"), 0);
}

}  // namespace
}  // namespace logistics::messaging
