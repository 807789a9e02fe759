// A consumer while the broker, the database or another replica comes and goes.
#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fakes/eventually.hpp"
#include "integration/messaging/consumer_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using fakes::Eventually;
using ports::Handling;
using ports::HandlingOutcome;
using ports::HealthState;
using support::TcpProxy;
using support::TestConsumer;
using testing::HasSubstr;

class ConsumerOutageTest : public ConsumerFixture {
 protected:
  void PayMany(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t number = first; number <= last; ++number) Pay(number, number % 5, std::to_string(number));
  }
  // The messages of PayMany had their effect once, each order's in order.
  void ExpectAllInOrderOnce(std::uint64_t last) {
    ASSERT_TRUE(payments_.WaitForEffects(last));
    EXPECT_EQ(payments_.effects().size(), last);
    for (std::uint64_t order = 0; order < 5; ++order) {
      int before = 0;
      for (const std::string& amount : payments_.AmountsOf(PaidOrder(order))) {
        EXPECT_GT(std::stoi(amount), before);
        before = std::stoi(amount);
      }
    }
    EXPECT_FALSE(payments_.overlapped());
  }
};

TEST_F(ConsumerOutageTest, ConnectionsClosedByTheBroker_LoseNothingAndDoubleNothing) {
  StartConsumer();
  for (std::uint64_t part = 0; part < 3; ++part) {
    PayMany(part * 40 + 1, part * 40 + 40);
    EXPECT_GE(broker_.CloseDaemonConnections(), 1);
  }
  ExpectAllInOrderOnce(120);
  EXPECT_TRUE(WaitUntilUp());
  EXPECT_TRUE(Eventually([&] { return Handled("done") >= 120; }));
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerOutageTest, HandlerAtWorkWhenTheConnectionGoes_IsNotJoinedByItsRepetition) {
  std::atomic<bool> go_on = false;
  payments_.Answer([&](const auto&) {
    Eventually([&] { return go_on.load(); });
    return Handling{};
  });
  StartConsumer();
  Pay(1, 1, "1");
  Pay(2, 1, "2");
  ASSERT_TRUE(payments_.WaitForTries(1));
  EXPECT_GE(broker_.CloseDaemonConnections(), 1);
  ASSERT_TRUE(Eventually([&] { return Taken() >= 4; })) << "both come again";
  EXPECT_EQ(payments_.tries(), 1);
  go_on = true;
  ASSERT_TRUE(payments_.WaitForEffects(2));
  EXPECT_FALSE(payments_.overlapped());
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(1)), testing::ElementsAre("1", "2"));
}

// Delivery tags count from 1 on each connection: there an old tag names another message.
TEST_F(ConsumerOutageTest, AckOfALostConnection_AcksNoMessageOfTheNext) {
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  options_.payments.prefetch = 2;
  std::atomic<bool> second_goes_on = false;
  std::atomic<bool> third_goes_on = false;
  payments_.Answer([&](const domain::PaymentNotice& notice) {
    if (notice.order_id == PaidOrder(2)) Eventually([&] { return second_goes_on.load(); });
    if (notice.order_id == PaidOrder(3)) Eventually([&] { return third_goes_on.load(); });
    return Handling{};
  });
  StartConsumer();
  Pay(1, 1);
  ASSERT_TRUE(payments_.WaitForEffects(1));
  Pay(2, 2);
  Pay(3, 3);
  ASSERT_TRUE(payments_.WaitForTries(3)) << "tags 1 to 3: the third came because the first was acked";
  EXPECT_GE(broker_.CloseDaemonConnections(), 1);
  ASSERT_TRUE(Eventually([&] { return Taken() == 5; })) << "now the second has tag 1, and the third has tag 2";
  second_goes_on = true;
  Pay(4, 4);
  ASSERT_TRUE(Eventually([&] { return payments_.effects().size() == 3; })) << "the second, and the fourth behind it";
  // To the broker this is the end of the process.
  proxy.SetMode(TcpProxy::Mode::kRefuse);
  TestConsumer queue(broker_.url(), kQueue);
  std::vector<std::string> left;
  while (std::find(left.begin(), left.end(), EventId(3)) == left.end()) {
    const auto message = queue.Next();
    ASSERT_TRUE(message.has_value()) << "the third was acked, and nobody has handled it";
    left.push_back(message->message_id);
  }
  EXPECT_EQ(payments_.AmountsOf(PaidOrder(3)), std::vector<std::string>());
  third_goes_on = true;
}

TEST_F(ConsumerOutageTest, BrokerNotReachable_SaysSoAndTakesOnceItIs) {
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  StartConsumer();
  proxy.SetMode(TcpProxy::Mode::kRefuse);
  ASSERT_TRUE(health_.WaitForState("consumer payments", HealthState::kDegraded, kConsumerWait));
  EXPECT_THAT(health_.Last("consumer payments")->reason, HasSubstr("messages wait in queue logistics_payments"));
  EXPECT_EQ(metrics_.Value("logistics_consumer_connected", {{"consumer", "payments"}}), 0);
  Pay(1, 1);
  proxy.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(payments_.WaitForEffects(1));
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(ConsumerOutageTest, DatabaseUnavailable_NothingIsLostCountedOrGivenOutTwice) {
  std::atomic<bool> unavailable = true;
  payments_.Answer([&](const auto&) {
    return unavailable ? Handling{HandlingOutcome::kUnavailable, "the database is unavailable"} : Handling{};
  });
  StartConsumer();
  PayMany(1, 20);
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments",
      [](const auto& entry) { return entry.reason.find("the database is unavailable") != std::string::npos; },
      kConsumerWait));
  ASSERT_TRUE(Eventually([&] { return Handled("away") >= 5; })) << "it is tried again";
  EXPECT_EQ(metrics_.Value("logistics_consumer_paused", {{"consumer", "payments"}}), 1);
  EXPECT_EQ(WaitingCount(), 0U);
  unavailable = false;
  ExpectAllInOrderOnce(20);
  EXPECT_TRUE(WaitUntilUp());
  EXPECT_EQ(Taken(), 20) << "on one delivery each";
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerOutageTest, InboxUnavailable_WhatCannotBeParkedIsNotAcked) {
  payments_.Answer([](const auto&) { return Handling{HandlingOutcome::kRetryLater, "there is no such order yet"}; });
  inbox_.FailWith(absl::UnavailableError("no database"));
  StartConsumer();
  Pay(1, 1);
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments", [](const auto& entry) { return entry.reason.find("no database") != std::string::npos; },
      kConsumerWait));
  inbox_.FailWith(absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return WaitingCount() == 1; }));
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(ConsumerOutageTest, DatabaseUnavailableForLong_AnotherReplicaGetsTheMessages) {
  options_.payments.hand_back_after = absl::Milliseconds(100);
  std::atomic<bool> unavailable = true;
  payments_.Answer([&](const auto&) {
    return unavailable ? Handling{HandlingOutcome::kUnavailable, "the database is unavailable"} : Handling{};
  });
  inbox_.FailWith(absl::UnavailableError("no database"));
  StartConsumer();
  PayMany(1, 5);
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments", [](const auto& entry) { return entry.reason.find("nothing is taken") != std::string::npos; },
      kConsumerWait));
  {
    TestConsumer other(broker_.url(), kQueue);
    EXPECT_TRUE(other.Next().has_value()) << "it has them at once";
  }
  unavailable = false;
  inbox_.FailWith(absl::OkStatus());
  EXPECT_TRUE(payments_.WaitForEffects(4)) << "the rest comes back here";
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(ConsumerOutageTest, Stop_HandsBackWhatIsNotDoneInItsOrder) {
  std::atomic<bool> go_on = false;
  payments_.Answer([&](const auto&) {
    Eventually([&] { return go_on.load(); });
    return Handling{};
  });
  options_.payments.workers = 1;
  StartConsumer();
  for (std::uint64_t number = 1; number <= 10; ++number) Pay(number, number);
  ASSERT_TRUE(payments_.WaitForTries(1));
  ASSERT_TRUE(Eventually([&] { return Taken() == 10; }));
  std::jthread stop([&] { StopConsumer(); });
  EXPECT_TRUE(Eventually([&] { return consumer_->stopping(); }));
  go_on = true;
  stop.join();
  EXPECT_EQ(payments_.effects().size(), 1U) << "what was in work was ended, and no further message begun";
  TestConsumer other(broker_.url(), kQueue);
  for (std::uint64_t number = 2; number <= 10; ++number) {
    const auto message = other.Next();
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->message_id, EventId(number));
  }
  EXPECT_TRUE(other.Rest().empty()) << "the first was acked";
}

TEST_F(ConsumerOutageTest, TwoReplicas_OneIsActive_AndTheOtherFollowsIt) {
  StartConsumer();
  fakes::ScriptedPayments others_payments(inbox_);
  Consumer second(options_, options_.payments, PaymentsQueueOf(options_), EventHandlers(others_payments), inbox_,
                  clock_, metrics_, health_);
  second.Start();
  PayMany(1, 20);
  ASSERT_TRUE(payments_.WaitForEffects(20));
  EXPECT_EQ(others_payments.tries(), 0) << "one at a time";
  StopConsumer();
  PayMany(21, 40);
  EXPECT_TRUE(others_payments.WaitForEffects(20));
  EXPECT_EQ(payments_.effects().size() + others_payments.effects().size(), 40U);
  second.Stop(absl::Now() + kConsumerWait);
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerOutageTest, DeadLetterExchangeGone_IsDeclaredAgainAndTheLetterArrives) {
  StartConsumer();
  broker_.DeleteExchange("payment_events.dlx");
  PublishBody(1, "no json");
  EXPECT_TRUE(TestConsumer(broker_.url(), kDlq).Next().has_value());
  EXPECT_TRUE(Eventually([&] { return DeadLettered("undecodable") == 1; }));
  EXPECT_TRUE(WaitUntilUp());
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerOutageTest, QueueWithOtherArguments_IsSaidAndReadAllTheSame) {
  broker_.DeclareQueue(kQueue, nlohmann::json{{"x-queue-type", "quorum"}});
  consumer_ = NewConsumer();
  consumer_->Start();
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments", [](const auto& entry) { return entry.reason.find("inequivalent arg") != std::string::npos; },
      kConsumerWait));
  Pay(1, 1);
  EXPECT_TRUE(payments_.WaitForEffects(1));
}

TEST_F(ConsumerOutageTest, LetterInFlightAtABrokerWithAnAlarm_HoldsUpNoOtherParkedMessage) {
  TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  payments_.Answer([](const domain::PaymentNotice& notice) {
    return notice.amount == "6.66" ? Handling{HandlingOutcome::kReject, "cancelled"} : Handling{};
  });
  StartConsumer();
  proxy.SetMode(TcpProxy::Mode::kStall);
  for (std::uint64_t number = 1; number <= 2; ++number) {
    ports::InboundMessage message;
    message.consumer = "payments";
    message.message_id = EventId(number);
    message.order_id = PaidOrder(number);
    message.body = ProcessedEvent(number, number, number == 1 ? "6.66" : "1.00").dump();
    ASSERT_TRUE(inbox_.Park(message, 1, absl::ZeroDuration(), "order unknown", {}).ok());
  }
  InboxWorker worker = NewWorker();
  ASSERT_TRUE(worker.RunOnce().ok()) << "the letter is in flight now";
  EXPECT_EQ(payments_.effects().size(), 1U);
  const std::string reason = "low on disk";
  std::string blocked("\x01\x00\x00\x00\x00\x00\x10\x00\x0a\x00\x3c", 11);
  blocked += static_cast<char>(reason.size()) + reason + '\xce';
  proxy.InjectToClients(blocked);
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments", [&](const auto& entry) { return entry.reason.find(reason) != std::string::npos; },
      kConsumerWait));
  ASSERT_TRUE(worker.RunOnce().ok());
  EXPECT_EQ(WaitingCount(), 1U) << "the letter is not confirmed";
  // The alarm ends, and the broker reads again.
  proxy.InjectToClients(std::string("\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x3d\xce", 12));
  proxy.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(Eventually([&] { return worker.RunOnce().ok() && WaitingCount() == 0; }));
  EXPECT_TRUE(TestConsumer(broker_.url(), kDlq).Next().has_value());
}

TEST_F(ConsumerOutageTest, OversizedMessageOfAQueueThatMayDropIt_IsNotRejected) {
  broker_.DeclareQueue(kQueue, nlohmann::json{{"x-queue-type", "quorum"}});
  consumer_ = NewConsumer();
  consumer_->Start();
  ASSERT_TRUE(health_.WaitForState("consumer payments", HealthState::kDegraded, kConsumerWait));
  PublishBody(1, std::string(1'000'000, 'x'));
  Pay(2, 2);
  ASSERT_TRUE(payments_.WaitForEffects(1));
  StopConsumer();
  const auto message = TestConsumer(broker_.url(), kQueue).Next();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->message_id, EventId(1));
}

TEST_F(ConsumerOutageTest, Send_WithoutAConnection_AnswersAtOnce) {
  options_.urls = {"amqp://guest:guest@127.0.0.1:1"};
  consumer_ = NewConsumer();
  EXPECT_TRUE(absl::IsUnavailable(consumer_->Send({}).get())) << "not started";
  consumer_->Start();
  EXPECT_TRUE(absl::IsUnavailable(consumer_->Send({}).get()));
  StopConsumer();
  EXPECT_TRUE(absl::IsUnavailable(consumer_->Send({}).get()));
}

}  // namespace
}  // namespace logistics::messaging
