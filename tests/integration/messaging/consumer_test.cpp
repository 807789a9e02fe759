// The outcomes of messages, at a real broker.
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fakes/eventually.hpp"
#include "integration/messaging/consumer_fixture.hpp"

namespace logistics::messaging {
namespace {

using fakes::Eventually;
using ports::Handling;
using ports::HandlingOutcome;
using support::ReceivedMessage;
using support::TestConsumer;
using testing::ElementsAre;
using testing::HasSubstr;

class ConsumerTest : public ConsumerFixture {};

TEST_F(ConsumerTest, Message_IsHandledOnceAndAcked) {
  StartConsumer();
  Pay(1, 1, "7.00");
  ASSERT_TRUE(payments_.WaitForEffects(1));
  EXPECT_EQ(payments_.effects()[0].order_id, PaidOrder(1));
  EXPECT_EQ(payments_.effects()[0].message_id, EventId(1));
  EXPECT_EQ(payments_.last_context().correlation_id, EventId(1)) << "where the message has none";
  EXPECT_TRUE(Eventually([&] { return Handled("done") == 1; }));
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerTest, DuplicateDelivery_HasOneEffect) {
  StartConsumer();
  for (int i = 0; i < 3; ++i) Pay(1, 1);
  EXPECT_TRUE(Eventually([&] { return Handled("done") == 3; }));
  EXPECT_EQ(payments_.effects().size(), 1U);
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerTest, UnknownEventType_IsAckedAndCounted) {
  StartConsumer();
  nlohmann::json event = ProcessedEvent(1, 1);
  event["event_type"] = "PaymentRefunded";
  PublishBody(1, event.dump());
  EXPECT_TRUE(Eventually([&] { return Handled("unknown_type") == 1; }));
  EXPECT_EQ(payments_.tries(), 0);
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerTest, Undecodable_BecomesADeadLetterThatSaysWhyAndKeepsTheMessage) {
  StartConsumer();
  const std::string body = R"({"id":"x"})";
  ASSERT_TRUE(broker_.Publish("payment_events", "payment.failed", body,
                              {{"message_id", "their-id"},
                               {"type", "PaymentFailed"},
                               {"correlation_id", "call-1"},
                               {"content_type", "application/json"},
                               {"delivery_mode", 1},
                               {"expiration", "3600000"},
                               {"headers", {{"theirs", "kept"}, {"CC", nlohmann::json::array({"elsewhere"})}}}}));
  const absl::Time before = absl::Now() - absl::Seconds(1);
  TestConsumer dlq(broker_.url(), kDlq);
  const std::optional<ReceivedMessage> letter = dlq.Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->body, body);
  EXPECT_EQ(letter->exchange, "payment_events.dlx");
  EXPECT_EQ(letter->routing_key, kQueue);
  EXPECT_EQ(letter->message_id, "their-id");
  EXPECT_EQ(letter->type, "PaymentFailed");
  EXPECT_EQ(letter->correlation_id, "call-1");
  EXPECT_EQ(letter->content_type, "application/json");
  EXPECT_EQ(letter->delivery_mode, 2);
  EXPECT_EQ(letter->expiration, "") << "it would be gone before somebody looks";
  EXPECT_EQ(letter->headers.at("theirs"), "kept");
  EXPECT_EQ(letter->headers.count("CC"), 0U);
  EXPECT_EQ(letter->headers.at("x-dead-reason"), "id is \"x\"; wanted is a hyphenated UUID");
  EXPECT_EQ(letter->headers.at("x-dead-consumer"), "payments");
  EXPECT_EQ(letter->headers.at("x-dead-attempts"), "1");
  EXPECT_EQ(letter->headers.at("x-original-exchange"), "payment_events");
  EXPECT_EQ(letter->headers.at("x-original-routing-key"), "payment.failed");
  absl::Time at;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, letter->headers.at("x-dead-at"), &at, nullptr));
  EXPECT_GT(at, before);
  EXPECT_TRUE(Eventually([&] { return DeadLettered("undecodable") == 1; }));
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerTest, Oversized_IsDeadLetteredWholeByTheBrokerAndBlocksNobody) {
  StartConsumer();
  const std::string body(1'000'000, 'x');
  PublishBody(1, body);
  Pay(2, 2);
  ASSERT_TRUE(payments_.WaitForEffects(1));
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->body, body);
  EXPECT_EQ(letter->message_id, EventId(1));
  EXPECT_EQ(letter->headers.at("x-first-death-reason"), "rejected");
  EXPECT_EQ(letter->headers.at("x-first-death-queue"), kQueue);
  EXPECT_EQ(DeadLettered("oversized"), 1);
  EXPECT_EQ(DeadLettered("undecodable"), 0);
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

// Each such message takes one place of the prefetch: with all of them taken, nothing more is delivered.
TEST_F(ConsumerTest, OversizedThatCannotBeRejected_IsCountedAndNamed) {
  StartConsumer();
  StopConsumer();
  options_.urls = {broker_.UrlOfLimitedUser("^$", ".*", ".*")};
  options_.payments.prefetch = 1;
  consumer_ = NewConsumer();
  consumer_->Start();
  PublishBody(1, std::string(300'000, 'x'));
  const auto named = [](const auto& entry) {
    return entry.state == ports::HealthState::kDegraded &&
           entry.reason.starts_with("1 of 1 prefetched messages are too large and cannot be rejected: queue " +
                                    std::string(kQueue));
  };
  EXPECT_TRUE(health_.WaitFor("consumer payments", named, kConsumerWait));
  EXPECT_EQ(DeadLettered("oversized"), 1);
  StopConsumer();
  options_.urls = {broker_.url()};
  StartConsumer();
  EXPECT_TRUE(TestConsumer(broker_.url(), kDlq).Next().has_value()) << "whose user may declare";
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(ConsumerTest, RedrivenLetterThatDiesAgain_StillSaysWhereItWasPublished) {
  StartConsumer();
  ASSERT_TRUE(broker_.Publish("", kQueue, "no json",
                              {{"message_id", "m"},
                               {"headers",
                                {{"x-dead-reason", "an old one"},
                                 {"x-original-exchange", "payment_events"},
                                 {"x-original-routing-key", "payment.processed"}}}}));
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_THAT(letter->headers.at("x-dead-reason"), HasSubstr("not JSON"));
  EXPECT_EQ(letter->headers.at("x-original-exchange"), "payment_events");
  EXPECT_EQ(letter->headers.at("x-original-routing-key"), "payment.processed");
}

TEST_F(ConsumerTest, Rejected_IsDeadLetteredOnceAndBlocksNobody) {
  payments_.Answer([](const domain::PaymentNotice& notice) {
    if (notice.amount == "6.66") return Handling{HandlingOutcome::kReject, "it is cancelled: give the money back"};
    return Handling{};
  });
  StartConsumer();
  constexpr std::uint64_t kMessages = 200;
  std::set<std::string> rejected;
  for (std::uint64_t i = 1; i <= kMessages; ++i) {
    Pay(i, i % 7, i % 10 == 0 ? "6.66" : "1.00");
    if (i % 10 == 0) rejected.insert(EventId(i));
  }
  ASSERT_TRUE(payments_.WaitForEffects(kMessages - rejected.size()));
  TestConsumer dlq(broker_.url(), kDlq);
  std::set<std::string> letters;
  for (const ReceivedMessage& letter : dlq.Take(rejected.size())) {
    EXPECT_TRUE(letters.insert(letter.message_id).second);
    EXPECT_EQ(letter.headers.at("x-dead-reason"), "it is cancelled: give the money back");
  }
  EXPECT_EQ(letters, rejected);
  EXPECT_TRUE(Eventually([&] { return DeadLettered("refused") == static_cast<double>(rejected.size()); }));
  EXPECT_EQ(Taken(), kMessages);
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
  EXPECT_TRUE(dlq.Rest().empty()) << "once each";
}

TEST_F(ConsumerTest, ManyWorkers_KeepTheOrderOfEachOrder) {
  StartConsumer();
  constexpr std::uint64_t kOrders = 10;
  constexpr int kRounds = 20;
  std::vector<std::string> amounts;
  std::uint64_t number = 0;
  for (int round = 1; round <= kRounds; ++round) {
    amounts.push_back(std::to_string(round));
    for (std::uint64_t order = 1; order <= kOrders; ++order) Pay(++number, order, amounts.back());
  }
  ASSERT_TRUE(payments_.WaitForEffects(number));
  for (std::uint64_t order = 1; order <= kOrders; ++order) {
    EXPECT_EQ(payments_.AmountsOf(PaidOrder(order)), amounts) << "order " << order;
  }
  EXPECT_FALSE(payments_.overlapped());
}

TEST_F(ConsumerTest, MessagesOfDifferentOrders_AreHandledAtOnce) {
  payments_.Answer([&](const auto&) {
    // Ends only when all four are in work.
    Eventually([&] { return payments_.most_at_once() >= 4; });
    return Handling{};
  });
  StartConsumer();
  for (std::uint64_t order = 1; order <= 4; ++order) Pay(order, order);
  ASSERT_TRUE(payments_.WaitForEffects(4));
  EXPECT_EQ(payments_.most_at_once(), 4U);
}

TEST_F(ConsumerTest, TooEarly_IsParked_AndLaterMessagesOfTheOrderWaitBehindIt) {
  std::atomic<bool> order_is_there = false;
  payments_.Answer([&](const domain::PaymentNotice& notice) {
    if (notice.order_id == PaidOrder(1) && !order_is_there) {
      return Handling{HandlingOutcome::kRetryLater, "there is no such order yet"};
    }
    return Handling{};
  });
  options_.payments.retry_delay = absl::ZeroDuration();
  StartConsumer();
  Pay(1, 1, "1");
  Pay(2, 1, "2");
  Pay(3, 2, "1");
  Pay(4, 1, "3");
  ASSERT_TRUE(Eventually([&] { return Handled("parked") == 3 && Handled("done") == 1; }));
  const std::vector<ports::WaitingMessage> waiting = *inbox_.List("payments", 0, 10, {});
  ASSERT_EQ(waiting.size(), 3U);
  EXPECT_EQ(waiting[0].last_error, "there is no such order yet");
  EXPECT_EQ(waiting[0].message.exchange, "payment_events");
  EXPECT_EQ(waiting[0].message.routing_key, "payment.processed");
  EXPECT_EQ(waiting[0].message.event_type, "PaymentProcessed");
  EXPECT_THAT(waiting[1].last_error, testing::StartsWith("an earlier message of order"));
  order_is_there = true;
  Pay(5, 1, "4");
  ASSERT_TRUE(Eventually([&] { return WaitingCount() == 4; })) << "it does not overtake";
  InboxWorker worker = NewWorker();
  EXPECT_TRUE(worker.RunOnce().ok());
  EXPECT_THAT(payments_.AmountsOf(PaidOrder(1)), ElementsAre("1", "2", "3", "4"));
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerTest, RetriesInVain_BecomeADeadLetterWithTheNumberOfTries) {
  payments_.Answer([](const auto&) { return Handling{HandlingOutcome::kRetryLater, "there is no such order yet"}; });
  StartConsumer();
  Pay(1, 1);
  ASSERT_TRUE(Eventually([&] { return WaitingCount() == 1; }));
  InboxWorker worker = NewWorker();
  EXPECT_TRUE(Eventually([&] { return worker.RunOnce().ok() && WaitingCount() == 0; }));
  EXPECT_EQ(payments_.tries(), 4);
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->body, ProcessedEvent(1, 1, "1.00").dump());
  EXPECT_EQ(letter->message_id, EventId(1));
  EXPECT_EQ(letter->type, "PaymentProcessed");
  EXPECT_EQ(letter->content_type, "application/json");
  EXPECT_EQ(letter->headers.at("x-dead-attempts"), "4");
  EXPECT_THAT(letter->headers.at("x-dead-reason"), HasSubstr("there is no such order yet"));
  EXPECT_EQ(letter->headers.at("x-original-routing-key"), "payment.processed");
  EXPECT_EQ(DeadLettered("retries_over"), 1);
}

}  // namespace
}  // namespace logistics::messaging
