#include "messaging/consumer/inbox_worker.hpp"

#include <gmock/gmock.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/scripted_payments.hpp"
#include "messaging/amqp/topology.hpp"
#include "messaging/consumer/limits.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {
namespace {

using ports::Handling;
using ports::HandlingOutcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RecordingSink final : public DeadLetterSink {
 public:
  std::future<absl::Status> Send(DeadLetter letter) override {
    letters.push_back(std::move(letter));
    std::promise<absl::Status> outcome;
    std::future<absl::Status> answer = outcome.get_future();
    if (alarm) {
      waiting.push_back(std::move(outcome));
    } else {
      if (!failure.ok()) letters.pop_back();
      outcome.set_value(failure);
    }
    return answer;
  }
  void EndAlarm() {
    alarm = false;
    for (std::promise<absl::Status>& outcome : waiting) outcome.set_value(absl::OkStatus());
    waiting.clear();
  }

  absl::Status failure;
  bool alarm = false;  // letters get no answer
  std::vector<DeadLetter> letters;
  std::vector<std::promise<absl::Status>> waiting;
};

class InboxWorkerTest : public testing::Test {
 protected:
  InboxWorkerTest()
      : worker_(options_, PaymentsQueueOf(BrokerOptions{}), EventHandlers(payments_), inbox_, sink_, clock_, metrics_) {
  }

  void Park(std::uint64_t number, std::uint64_t order, const std::string& amount = "1.00") {
    ParkBody(number, order, ProcessedEvent(number, order, amount).dump());
  }
  void ParkBody(std::uint64_t number, std::uint64_t order, const std::string& body) {
    ports::InboundMessage message;
    message.consumer = "payments";
    message.message_id = EventId(number);
    message.exchange = "payment_events";
    message.routing_key = "payment.processed";
    message.event_type = "PaymentProcessed";
    message.body = body;
    message.correlation_id = "call-1";
    message.order_id = PaidOrder(order);
    ASSERT_TRUE(inbox_.Park(message, 1, options_.retry_delay, "order unknown", {}).ok());
  }
  std::vector<ports::WaitingMessage> Waiting() { return *inbox_.List("payments", 0, 100, {}); }
  void RunAfter(absl::Duration time) {
    clock_.Advance(time);
    EXPECT_TRUE(worker_.RunOnce().ok());
  }

  const ConsumerOptions options_ = BrokerOptions{}.payments;
  fakes::FakeClock clock_;
  fakes::MemoryInbox inbox_{clock_};
  fakes::ScriptedPayments payments_{inbox_};
  RecordingSink sink_;
  fakes::CountingMetrics metrics_;
  InboxWorker worker_;
};

TEST_F(InboxWorkerTest, RetryDelay_GrowsFivefoldToABound) {
  EXPECT_EQ(InboxWorker::RetryDelay(absl::Seconds(1), 1), absl::Seconds(1));
  EXPECT_EQ(InboxWorker::RetryDelay(absl::Seconds(1), 2), absl::Seconds(5));
  EXPECT_EQ(InboxWorker::RetryDelay(absl::Seconds(1), 3), absl::Seconds(25));
  EXPECT_EQ(InboxWorker::RetryDelay(absl::Seconds(1), 100), absl::Minutes(10));
}

TEST_F(InboxWorkerTest, NotDue_IsLeftAlone) {
  Park(1, 1);
  RunAfter(absl::Milliseconds(999));
  EXPECT_EQ(payments_.tries(), 0);
  EXPECT_EQ(Waiting().front().attempts, 1);
}

TEST_F(InboxWorkerTest, DueMessage_IsHandledAndWaitsNoMore) {
  Park(1, 1, "7.00");
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(1)), ElementsAre("7.00"));
  EXPECT_THAT(Waiting(), IsEmpty());
  EXPECT_EQ(payments_.last_context().correlation_id, "call-1");
}

TEST_F(InboxWorkerTest, MessagesOfOneOrder_GoInTheirOrderInOnePass) {
  for (std::uint64_t i = 1; i <= 5; ++i) Park(i, 1, std::to_string(i));
  Park(6, 2, "6");
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(1)), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(2)), ElementsAre("6"));
  EXPECT_THAT(Waiting(), IsEmpty());
}

TEST_F(InboxWorkerTest, StillTooEarly_IsTriedAfter1_5And25Seconds_ThenDeadLettered) {
  payments_.Answer([](const auto&) { return Handling{HandlingOutcome::kRetryLater, "order unknown"}; });
  Park(1, 1);
  Park(2, 1);
  RunAfter(absl::Seconds(1));
  EXPECT_EQ(payments_.tries(), 1);
  RunAfter(absl::Seconds(4));
  EXPECT_EQ(payments_.tries(), 1);
  RunAfter(absl::Seconds(1));
  EXPECT_EQ(payments_.tries(), 2);
  EXPECT_EQ(Waiting().front().attempts, 3);
  RunAfter(absl::Seconds(24));
  EXPECT_EQ(payments_.tries(), 2);
  EXPECT_THAT(sink_.letters, IsEmpty());
  RunAfter(absl::Seconds(1));
  ASSERT_THAT(sink_.letters, SizeIs(1));
  const DeadLetter& letter = sink_.letters.front();
  EXPECT_EQ(letter.exchange, "payment_events.dlx");
  EXPECT_EQ(letter.queue, "logistics_payments");
  EXPECT_EQ(letter.attempts, 4);
  EXPECT_EQ(letter.reason, "given up after 4 tries: order unknown");
  EXPECT_EQ(letter.original_exchange, "payment_events");
  EXPECT_EQ(letter.original_routing_key, "payment.processed");
  EXPECT_EQ(letter.body, ProcessedEvent(1, 1, "1.00").dump());
  EXPECT_EQ(letter.at, clock_.Now());
  ASSERT_THAT(Waiting(), SizeIs(1)) << "the one behind it has its own tries";
  EXPECT_EQ(Waiting().front().message.message_id, EventId(2));
  EXPECT_EQ(payments_.tries(), 4) << "and its first at once";
}

TEST_F(InboxWorkerTest, Rejected_IsDeadLetteredAtOnce) {
  payments_.Answer([](const auto&) { return Handling{HandlingOutcome::kReject, "paid after it was cancelled"}; });
  Park(1, 1);
  RunAfter(absl::Seconds(1));
  ASSERT_THAT(sink_.letters, SizeIs(1));
  EXPECT_EQ(sink_.letters[0].reason, "paid after it was cancelled");
  EXPECT_EQ(sink_.letters[0].attempts, 2);
  EXPECT_THAT(Waiting(), IsEmpty());
}

TEST_F(InboxWorkerTest, UndecodableBody_IsDeadLettered) {
  ParkBody(1, 1, "{}");
  RunAfter(absl::Seconds(1));
  ASSERT_THAT(sink_.letters, SizeIs(1));
  EXPECT_EQ(sink_.letters[0].reason, "id is missing");
  EXPECT_THAT(Waiting(), IsEmpty());
}

// A later release has parked it, and was rolled back.
TEST_F(InboxWorkerTest, TypeThatThisReleaseDoesNotKnow_WaitsForOneThatDoesAndOthersGoOn) {
  const auto unknown = [&] {
    return metrics_.Value("logistics_messages_handled_total", {{"consumer", "payments"}, {"outcome", "unknown_type"}});
  };
  nlohmann::json event = ProcessedEvent(1, 1, "1.00");
  event["event_type"] = "PaymentReversed";
  ParkBody(1, 1, event.dump());
  Park(2, 2, "2.00");
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(2)), ElementsAre("2.00"));
  ASSERT_THAT(Waiting(), SizeIs(1));
  EXPECT_EQ(Waiting().front().attempts, 1) << "no try";
  EXPECT_THAT(Waiting().front().last_error, HasSubstr("PaymentReversed"));
  EXPECT_THAT(sink_.letters, IsEmpty());
  EXPECT_EQ(unknown(), 1);
  RunAfter(absl::Minutes(5));
  EXPECT_EQ(unknown(), 1);
}

TEST_F(InboxWorkerTest, DatabaseUnavailable_IsNoTry) {
  payments_.Answer([](const auto&) { return Handling{HandlingOutcome::kUnavailable, "the database is unavailable"}; });
  Park(1, 1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(absl::IsUnavailable(worker_.RunOnce()));
  EXPECT_EQ(Waiting().front().attempts, 1);
  inbox_.FailWith(absl::UnavailableError("no database"));
  EXPECT_TRUE(absl::IsUnavailable(worker_.RunOnce()));
}

TEST_F(InboxWorkerTest, BrokerUnavailable_TheLetterWaitsAndIsNotTriedAgain) {
  int tries = 0;
  payments_.Answer([&](const auto&) {
    ++tries;
    return Handling{HandlingOutcome::kRetryLater, "order unknown"};
  });
  Park(1, 1);
  RunAfter(absl::Seconds(1));
  RunAfter(absl::Seconds(5));
  sink_.failure = absl::UnavailableError("no connection");
  RunAfter(absl::Seconds(25));
  RunAfter(absl::Minutes(10));
  EXPECT_EQ(tries, 3);
  ASSERT_THAT(Waiting(), SizeIs(1));
  sink_.failure = absl::OkStatus();
  RunAfter(absl::Minutes(10));
  EXPECT_EQ(tries, 3);
  ASSERT_THAT(sink_.letters, SizeIs(1));
  EXPECT_THAT(sink_.letters[0].reason, HasSubstr("order unknown"));
  EXPECT_EQ(sink_.letters[0].attempts, 4);
  EXPECT_THAT(Waiting(), IsEmpty());
}

TEST_F(InboxWorkerTest, BrokerAlarm_TheLetterWaitsAndOtherOrdersGoOn) {
  payments_.Answer([](const domain::PaymentNotice& notice) {
    return notice.amount == "6.66" ? Handling{HandlingOutcome::kReject, "cancelled"} : Handling{};
  });
  sink_.alarm = true;
  Park(1, 1, "6.66");
  Park(2, 1, "1");
  Park(3, 2, "2");
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(2)), ElementsAre("2"));
  Park(4, 3, "3");
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(3)), ElementsAre("3"));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(1)), IsEmpty()) << "it would overtake the letter";
  EXPECT_THAT(sink_.letters, SizeIs(1)) << "it is sent once";
  EXPECT_EQ(Waiting().size(), 2U);
  sink_.EndAlarm();
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(1)), ElementsAre("1"));
  EXPECT_THAT(Waiting(), IsEmpty());
  EXPECT_THAT(sink_.letters, SizeIs(1));
}

TEST_F(InboxWorkerTest, BrokerAlarm_ManyLetters_LeaveRoomForOtherMessages) {
  constexpr std::uint64_t kRejected = 300;
  payments_.Answer([](const domain::PaymentNotice& notice) {
    return notice.amount == "6.66" ? Handling{HandlingOutcome::kReject, "cancelled"} : Handling{};
  });
  sink_.alarm = true;
  for (std::uint64_t i = 1; i <= kRejected; ++i) Park(i, i, "6.66");
  Park(kRejected + 1, kRejected + 1, "1");
  RunAfter(absl::Seconds(1));
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(kRejected + 1)), ElementsAre("1"));
  EXPECT_LE(sink_.letters.size(), kInboxLettersMax);
  EXPECT_EQ(inbox_.Stats("payments", 1'000, {})->waiting, static_cast<std::int64_t>(kRejected));
}

TEST_F(InboxWorkerTest, Waiting_IsCountedWithoutItsBodies) {
  payments_.Answer([](const auto&) { return Handling{HandlingOutcome::kRetryLater, "order unknown"}; });
  Park(1, 1);
  Park(2, 2);
  RunAfter(absl::Seconds(1));
  EXPECT_EQ(metrics_.Value("logistics_inbox_waiting", {{"consumer", "payments"}}), 2);
  EXPECT_EQ(metrics_.Value("logistics_inbox_oldest_seconds", {{"consumer", "payments"}}), 1);
  EXPECT_EQ(inbox_.lists(), 0) << "bodies may be long";
}

TEST_F(InboxWorkerTest, Stopped_DoesNothing) {
  Park(1, 1);
  worker_.Stop();
  RunAfter(absl::Seconds(1));
  EXPECT_EQ(payments_.tries(), 0);
}

}  // namespace
}  // namespace logistics::messaging
