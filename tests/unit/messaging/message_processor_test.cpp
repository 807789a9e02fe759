#include "messaging/consumer/message_processor.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/scripted_payments.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {
namespace {

using Action = Decision::Action;
using ports::Handling;
using ports::HandlingOutcome;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MessageProcessorTest : public testing::Test {
 protected:
  MessageProcessorTest() {
    task_.order_id = PaidOrder(1);
    task_.delivery.exchange = "payment_events";
    task_.delivery.body = ProcessedEvent(1, 1).dump();
    task_.event = *DecodeEvent(task_.delivery.body);
  }

  void Answer(HandlingOutcome outcome) {
    payments_.Answer([outcome](const auto&) { return Handling{outcome, "why"}; });
  }
  std::vector<ports::WaitingMessage> Parked() { return *inbox_.List("payments", 0, 10, {}); }
  double Handled(const std::string& outcome) {
    return metrics_.Value("logistics_messages_handled_total", {{"consumer", "payments"}, {"outcome", outcome}});
  }

  const ConsumerOptions options_ = BrokerOptions{}.payments;
  fakes::FakeClock clock_;
  fakes::MemoryInbox inbox_{clock_};
  fakes::ScriptedPayments payments_{inbox_};
  fakes::CountingMetrics metrics_;
  ConsumerMetrics counted_{metrics_, options_.name};
  MessageProcessor processor_{options_, EventHandlers(payments_), inbox_, clock_, counted_};
  InboundTask task_;
};

TEST_F(MessageProcessorTest, Done_IsAcked) {
  EXPECT_EQ(processor_.Process(task_).action, Action::kAck);
  EXPECT_THAT(payments_.effects(), SizeIs(1));
  EXPECT_EQ(Handled("done"), 1);
}

TEST_F(MessageProcessorTest, RetryLater_IsParkedWithItsReason_AndAcked) {
  Answer(HandlingOutcome::kRetryLater);
  EXPECT_EQ(processor_.Process(task_).action, Action::kAck);
  ASSERT_THAT(Parked(), SizeIs(1));
  EXPECT_EQ(Parked()[0].message.message_id, EventId(1));
  EXPECT_EQ(Parked()[0].message.exchange, "payment_events");
  EXPECT_EQ(Parked()[0].attempts, 1);
  EXPECT_EQ(Parked()[0].due_at, clock_.Now() + options_.retry_delay);
  EXPECT_EQ(Parked()[0].last_error, "why");
  EXPECT_EQ(Handled("parked"), 1);
}

TEST_F(MessageProcessorTest, RetryLaterOfAMessageThatNoInboxStores_IsRejected) {
  Answer(HandlingOutcome::kRetryLater);
  task_.delivery.body = "\xFF";
  const Decision decision = processor_.Process(task_);
  EXPECT_EQ(decision.action, Action::kReject);
  EXPECT_THAT(decision.reason, HasSubstr("no text that can be stored"));
  EXPECT_THAT(Parked(), IsEmpty());
}

TEST_F(MessageProcessorTest, RetryLaterWithoutAnInbox_IsUnavailable) {
  Answer(HandlingOutcome::kRetryLater);
  inbox_.FailWith(absl::UnavailableError("no database"));
  const Decision decision = processor_.Process(task_);
  EXPECT_EQ(decision.action, Action::kUnavailable);
  EXPECT_EQ(decision.reason, "a message cannot be parked: no database");
  EXPECT_EQ(Handled("away"), 1);
}

TEST_F(MessageProcessorTest, RejectAndUnavailable_KeepTheReasonOfTheHandler) {
  Answer(HandlingOutcome::kReject);
  EXPECT_EQ(processor_.Process(task_).action, Action::kReject);
  EXPECT_EQ(processor_.Process(task_).reason, "why");
  Answer(HandlingOutcome::kUnavailable);
  EXPECT_EQ(processor_.Process(task_).action, Action::kUnavailable);
  EXPECT_EQ(processor_.Process(task_).reason, "why");
  EXPECT_THAT(Parked(), IsEmpty());
}

TEST_F(MessageProcessorTest, PropertiesThatCannotBeStored_CountAsAbsent) {
  task_.delivery.correlation_id = "\xFF";
  task_.delivery.traceparent = std::string(300, 'a');
  processor_.Process(task_);
  EXPECT_EQ(payments_.last_context().correlation_id, EventId(1));
  EXPECT_EQ(payments_.last_context().traceparent, "");
}

}  // namespace
}  // namespace logistics::messaging
