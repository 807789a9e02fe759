// Putting dead letters back, at a real broker.
#include <algorithm>
#include <set>

#include "integration/messaging/consumer_fixture.hpp"
#include "integration/messaging/dlq_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using absl::StatusCode;
using fakes::IsOk;
using fakes::StatusIs;
using support::ReceivedMessage;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RedriveTest : public DlqFixture {};

TEST_F(RedriveTest, Letter_GoesToTheQueueItselfAsItWas) {
  DeclareBilling();
  broker_.DeclareQueue("somebody", nlohmann::json::object());
  broker_.Bind("somebody", "order_events", "#");
  ASSERT_TRUE(broker_.Publish("", kBillingDlq, "no json \xC3\xA9",
                              {{"message_id", "their-id"},
                               {"type", "PaymentFailed"},
                               {"correlation_id", "call-1"},
                               {"content_type", "application/json"},
                               {"delivery_mode", 1},
                               {"timestamp", 1'700'000'000},
                               {"headers",
                                {{"theirs", "kept"},
                                 {"BCC", nlohmann::json::array({"somebody"})},
                                 {"x-dead-reason", "why"},
                                 {"x-dead-at", "2026-11-22T10:00:00Z"},
                                 {"x-dead-consumer", "billing"},
                                 {"x-dead-attempts", 3},
                                 {"x-original-exchange", "order_events"},
                                 {"x-original-routing-key", "order.paid"}}}}));
  broker_.Purge("somebody");  // BCC has sent it there just now
  const RedriveResult result = RedriveBilling();
  ASSERT_THAT(result.status, IsOk());
  EXPECT_EQ(result.there, 1U);
  EXPECT_EQ(result.redriven, 1U);
  EXPECT_THAT(recorded_, testing::ElementsAre("their-id"));
  const auto back = support::TestConsumer(broker_.url(), kBilling).Next();
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->exchange, "");
  EXPECT_EQ(back->routing_key, kBilling);
  EXPECT_EQ(back->body, "no json \xC3\xA9");
  EXPECT_EQ(back->message_id, "their-id");
  EXPECT_EQ(back->type, "PaymentFailed");
  EXPECT_EQ(back->correlation_id, "call-1");
  EXPECT_EQ(back->content_type, "application/json");
  EXPECT_EQ(back->timestamp, 1'700'000'000);
  EXPECT_EQ(back->delivery_mode, 2);
  EXPECT_EQ(back->headers, (std::map<std::string, std::string>{{"theirs", "kept"},
                                                               {"x-original-exchange", "order_events"},
                                                               {"x-original-routing-key", "order.paid"}}));
  EXPECT_THAT(IdsIn(kBillingDlq, 0), IsEmpty());
  EXPECT_THAT(IdsIn("somebody", 0), IsEmpty()) << "others have heard it before";
}

TEST_F(RedriveTest, LettersOfAnOrder_GoInTheOrderOfTheirEvents) {
  DeclareBilling();
  Dies(2, 1, 20);
  Dies(9, 2, 1);
  Dies(3, 1, 30);
  Dies(1, 1, 10);  // was redriven, died again
  EXPECT_EQ(RedriveBilling().redriven, 4U);
  EXPECT_EQ(IdsIn(kBilling, 4), Ids({1, 9, 2, 3}));
}

TEST_F(RedriveTest, FilterLimitAndWhatIsLeft) {
  DeclareBilling();
  Dies(1, 1, 1, "bad");
  Dies(2, 1, 2, "good");
  Dies(3, 2, 3, "good");
  Dies(4, 3, 4, "good");
  std::vector<std::string> left;
  callbacks_.left = [&](const Letter& letter) { left.push_back(letter.message_id); };
  RedriveOptions options;
  options.filter.reason = "good";
  options.filter.limit = 1;
  EXPECT_EQ(RedriveBilling(options).redriven, 1U);
  options.filter.limit = kNoLimit;
  left.clear();
  const RedriveResult result = RedriveBilling(options);
  EXPECT_EQ(result.redriven, 1U);
  EXPECT_EQ(result.left, 1U);
  EXPECT_EQ(left, Ids({2}));
  EXPECT_EQ(IdsIn(kBilling, 2), Ids({3, 4}));
  EXPECT_EQ(IdsIn(kBillingDlq, 2), Ids({1, 2}));
}

TEST_F(RedriveTest, DryRun_ChangesNothing) {
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 3; ++i) Dies(i, i);
  std::vector<std::string> would_go;
  callbacks_.redriven = [&](const Letter& letter) { would_go.push_back(letter.message_id); };
  RedriveOptions options;
  options.dry_run = true;
  EXPECT_EQ(RedriveBilling(options).redriven, 3U);
  EXPECT_EQ(would_go, Ids({1, 2, 3}));
  EXPECT_THAT(recorded_, IsEmpty());
  EXPECT_THAT(IdsIn(kBilling, 0), IsEmpty());
  EXPECT_EQ(IdsIn(kBillingDlq, 3), Ids({1, 2, 3}));
}

TEST_F(RedriveTest, QueueThatRefuses_LeavesTheLetterAndEndsTheRedrive) {
  billing_.type = QueueType::kClassic;
  billing_.max_length = 1;
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 3; ++i) Dies(i, i);
  std::vector<std::string> stayed;
  callbacks_.stayed = [&](const Letter& letter, const absl::Status&) { stayed.push_back(letter.message_id); };
  const RedriveResult result = RedriveBilling();
  EXPECT_THAT(result.status, StatusIs(StatusCode::kResourceExhausted, HasSubstr("is it full?")));
  EXPECT_EQ(result.redriven, 1U);
  EXPECT_EQ(stayed, Ids({2}));
  EXPECT_EQ(recorded_, Ids({1, 2})) << "no publish without its line";
  EXPECT_EQ(IdsIn(kBillingDlq, 2), Ids({2, 3}));
}

TEST_F(RedriveTest, QueueThatGoes_LeavesTheLetterAndEndsTheRedrive) {
  billing_.type = QueueType::kClassic;
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 3; ++i) Dies(i, i);
  callbacks_.record = [&](const Letter& letter) {
    if (letter.message_id == EventId(2)) broker_.DeleteQueue(kBilling);
    return absl::OkStatus();
  };
  EXPECT_THAT(RedriveBilling().status, StatusIs(StatusCode::kNotFound, HasSubstr("there is no queue billing")));
  EXPECT_EQ(IdsIn(kBillingDlq, 2), Ids({2, 3}));
}

TEST_F(RedriveTest, WithoutARecord_NothingIsDone) {
  DeclareBilling();
  Dies(1, 1);
  callbacks_.record = [](const Letter&) { return absl::FailedPreconditionError("the disk is full"); };
  EXPECT_THAT(RedriveBilling().status, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(IdsIn(kBilling, 0), IsEmpty());
  EXPECT_EQ(IdsIn(kBillingDlq, 1), Ids({1}));
}

TEST_F(RedriveTest, Stopped_EndsBetweenTwoLetters) {
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 4; ++i) Dies(i, i);
  callbacks_.stopped = [&] { return recorded_.size() == 2; };
  RedriveOptions options;
  options.rate_per_second = 1'000;
  const RedriveResult result = RedriveBilling(options);
  EXPECT_THAT(result.status, IsOk());
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.redriven, 2U);
  EXPECT_EQ(IdsIn(kBilling, 2), Ids({1, 2}));
  EXPECT_EQ(IdsIn(kBillingDlq, 2), Ids({3, 4}));
}

TEST_F(RedriveTest, StoppedWhileItWaitsForItsRate_DoesNotWaitOn) {
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 2; ++i) Dies(i, i);
  callbacks_.stopped = [&] { return recorded_.size() == 1; };
  RedriveOptions options;
  options.rate_per_second = 0.001;  // the second letter in a quarter of an hour
  EXPECT_EQ(RedriveBilling(options).redriven, 1U);
}

TEST_F(RedriveTest, LettersThatDieMeanwhile_AreNotRedrivenInACircle) {
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 3; ++i) Dies(i, i);
  callbacks_.redriven = [&](const Letter& letter) {
    EXPECT_TRUE(broker_.Publish("", kBillingDlq, letter.body, {{"message_id", "again " + letter.message_id}}));
  };
  RedriveOptions options;
  options.in_hand_max = absl::ZeroDuration();  // each letter is taken by itself
  const RedriveResult result = RedriveBilling(options);
  EXPECT_THAT(result.status, IsOk());
  EXPECT_EQ(result.redriven, 3U);
  EXPECT_EQ(IdsIn(kBilling, 3), Ids({1, 2, 3}));
  EXPECT_THAT(IdsIn(kBillingDlq, 3), SizeIs(3));
}

TEST_F(RedriveTest, ConnectionThatBreaks_LosesNoneAndDoublesOneAtMost) {
  DeclareBilling();
  std::vector<std::string> all;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    Dies(i, i);
    all.push_back(EventId(i));
  }
  support::TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  callbacks_.redriven = [&](const Letter& letter) {
    if (letter.message_id == EventId(10)) proxy.SetMode(support::TcpProxy::Mode::kRefuse);
  };
  const RedriveResult result = RedriveBilling();
  EXPECT_THAT(result.status, StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(result.redriven, 10U);
  options_.urls = {broker_.url()};
  const auto queue = OpenBilling();  // when the broker has noticed
  std::size_t there = 0;
  EXPECT_TRUE(support::Eventually([&] { return (there = *queue->Count()) >= 10; }));
  EXPECT_LE(there, 11U);
  const std::vector<std::string> live = IdsIn(kBilling, 10);
  const std::vector<std::string> dead = IdsIn(kBillingDlq, there);
  EXPECT_EQ(live, std::vector<std::string>(all.begin(), all.begin() + 10));
  EXPECT_EQ(std::vector<std::string>(dead.end() - 10, dead.end()),
            std::vector<std::string>(all.begin() + 10, all.end()));
}

// The payments' consumer and its letters.
class ConsumerRedriveTest : public ConsumerFixture {
 protected:
  // A command that is killed between confirm and ack, `times` times; then one that is not.
  void RedriveKilled(int times) {
    for (int i = 0; i < times; ++i) {
      auto queue = OpenPayments();
      const auto letters = queue->Take(1);
      ASSERT_THAT(letters, IsOk());
      ASSERT_THAT(queue->Republish(letters->front()), IsOk());
    }
    auto queue = OpenPayments();
    EXPECT_THAT(Redrive(*queue, {},
                        {.record = [](const Letter&) { return absl::OkStatus(); },
                         .stayed = {},
                         .redriven = {},
                         .left = {},
                         .stopped = {}})
                    .status,
                IsOk());
  }
  std::unique_ptr<DeadLetterQueue> OpenPayments() {
    absl::StatusOr<std::unique_ptr<DeadLetterQueue>> opened = DeadLetterQueue::Open(options_, kQueue);
    EXPECT_TRUE(support::Eventually([&] {
      if (!opened.ok()) opened = DeadLetterQueue::Open(options_, kQueue);
      return opened.ok() && *(*opened)->Count() == 1;
    })) << opened.status();
    return *std::move(opened);
  }
};

TEST_F(ConsumerRedriveTest, KilledBetweenConfirmAndAck_HasOneEffect) {
  std::atomic<bool> cancelled = true;
  payments_.Answer([&](const domain::PaymentNotice&) {
    return cancelled ? ports::Handling{ports::HandlingOutcome::kReject, "cancelled"} : ports::Handling{};
  });
  StartConsumer();
  Pay(1, 1);
  ASSERT_TRUE(support::Eventually([&] { return DeadLettered("refused") == 1; }));
  cancelled = false;
  RedriveKilled(2);
  EXPECT_TRUE(support::Eventually([&] { return Handled("done") == 3; }));
  EXPECT_EQ(payments_.effects().size(), 1U);
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

TEST_F(ConsumerRedriveTest, RedrivenAndDeadAgain_StillSaysWhereItWasFirstPublished) {
  payments_.Answer([](const domain::PaymentNotice&) {
    return ports::Handling{ports::HandlingOutcome::kReject, "still so"};
  });
  StartConsumer();
  Pay(1, 1);
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(support::Eventually([&] { return DeadLettered("refused") == round; }));
    if (round < 3) RedriveKilled(0);
  }
  const std::optional<ReceivedMessage> letter = support::TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->message_id, EventId(1));
  EXPECT_EQ(letter->headers.at("x-original-exchange"), "payment_events");
  EXPECT_EQ(letter->headers.at("x-original-routing-key"), "payment.processed");
  EXPECT_EQ(letter->headers.at("x-dead-reason"), "still so");
}

TEST_F(ConsumerRedriveTest, RedrivenAndParked_IsRememberedAsItWasFirstPublished) {
  std::atomic<bool> reject = true;
  payments_.Answer([&](const domain::PaymentNotice&) {
    return ports::Handling{reject ? ports::HandlingOutcome::kReject : ports::HandlingOutcome::kRetryLater, "why"};
  });
  StartConsumer();
  Pay(1, 1);
  ASSERT_TRUE(support::Eventually([&] { return DeadLettered("refused") == 1; }));
  reject = false;
  RedriveKilled(0);
  ASSERT_TRUE(support::Eventually([&] { return WaitingCount() == 1; }));
  const auto waiting = inbox_.List("payments", 0, 1, {});
  ASSERT_THAT(waiting, IsOk());
  EXPECT_EQ(waiting->front().message.exchange, "payment_events");
  EXPECT_EQ(waiting->front().message.routing_key, "payment.processed");
}

}  // namespace
}  // namespace logistics::messaging
