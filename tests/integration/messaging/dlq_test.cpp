// Looking at dead letters and taking them out, at a real broker.
#include "integration/messaging/dlq_fixture.hpp"

namespace logistics::messaging {
namespace {

using absl::StatusCode;
using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class DeadLetterQueueTest : public DlqFixture {};

TEST_F(DeadLetterQueueTest, Reading_LeavesOrderAndCountAsTheyAre) {
  DeclareBilling();
  constexpr std::uint64_t kLetters = 60;
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 1; i <= kLetters; ++i) {
    Dies(i, i % 5);
    numbers.push_back(i);
  }
  for (const std::size_t taken : {kLetters, std::uint64_t{7}, kLetters, std::uint64_t{20}}) {
    const auto queue = OpenBilling();
    ASSERT_THAT(queue->Count(), IsOk());
    const auto letters = queue->Take(taken);
    ASSERT_THAT(letters, IsOk());
    ASSERT_EQ(letters->size(), taken);
    for (std::size_t i = 0; i < taken; ++i) EXPECT_EQ((*letters)[i].message_id, EventId(i + 1));
    EXPECT_THAT(queue->PutBack(), IsOk());
    EXPECT_TRUE(support::Eventually([&] { return *queue->Count() == kLetters; }));
  }
  EXPECT_EQ(IdsIn(kBillingDlq, kLetters), Ids(numbers));
}

TEST_F(DeadLetterQueueTest, SecondCommandOnTheQueue_IsRefusedUntilTheFirstHasEnded) {
  DeclareBilling();
  auto first = OpenBilling();
  EXPECT_THAT(DeadLetterQueue::Open(options_, kBilling),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("another dlq command runs on billing")));
  broker_.DeclareQueue("other.dlq", nlohmann::json::object());
  EXPECT_THAT(DeadLetterQueue::Open(options_, "other"), IsOk()) << "another queue is another matter";
  first.reset();
  EXPECT_NE(OpenBilling(), nullptr);
}

TEST_F(DeadLetterQueueTest, QueueThatIsNotThere_IsSaidAndNotMade) {
  EXPECT_THAT(DeadLetterQueue::Open(options_, kBilling), StatusIs(StatusCode::kNotFound, HasSubstr("billing.dlq")));
  EXPECT_FALSE(broker_.Queue(kBillingDlq).has_value());
  broker_.DeclareQueue(kBillingDlq, nlohmann::json::object());
  EXPECT_THAT(RedriveBilling().status, StatusIs(StatusCode::kNotFound, HasSubstr("'billing'")));
}

TEST_F(DeadLetterQueueTest, BrokerWithoutAnAnswer_IsUnavailable) {
  options_.urls = {"amqp://guest:guest@127.0.0.1:1/"};
  EXPECT_THAT(DeadLetterQueue::Open(options_, kBilling), StatusIs(StatusCode::kUnavailable, HasSubstr("127.0.0.1:1")));
}

TEST_F(DeadLetterQueueTest, Drop_TakesExactlyThoseAndRecordsEach) {
  DeclareBilling();
  for (std::uint64_t i = 1; i <= 4; ++i) Dies(i, i, 0, i % 2 == 0 ? "even" : "odd");
  auto queue = OpenBilling();
  const auto letters = queue->Take(4);
  ASSERT_THAT(letters, IsOk());
  LetterFilter filter;
  filter.reason = "even";
  std::vector<const Letter*> selected;
  for (const std::size_t index : SelectLetters(*letters, filter)) selected.push_back(&(*letters)[index]);
  EXPECT_THAT(Drop(*queue, selected, callbacks_.record), fakes::IsOkAndHolds(2U));
  EXPECT_EQ(recorded_, Ids({2, 4}));
  queue.reset();
  EXPECT_EQ(IdsIn(kBillingDlq, 2), Ids({1, 3}));
  EXPECT_THAT(IdsIn(kBilling, 0), IsEmpty());
}

// Takes a message and goes without a word: a handler that crashes.
void TakeAndCrash(const BrokerOptions& options, const std::string& queue) {
  class Taker final : public ConnectionListener {
   public:
    void OnAck(std::uint64_t, bool) override {}
    void OnNack(std::uint64_t, bool) override {}
    void OnReturned(std::string_view, std::string_view) override {}
    void OnChannelClosed(const absl::Status&) override {}
    void OnBlocked(std::string_view) override {}
    void OnUnblocked() override {}
    void OnDelivery(Delivery&&) override { taken = true; }
    bool taken = false;
  };
  SocketWatchdog watchdog(options.operation_timeout);
  BrokerDialer dialer(options, "crashing test", watchdog, [] { return false; });
  auto connection = dialer.Dial();
  ASSERT_THAT(connection, IsOk());
  ASSERT_THAT((*connection)->Consume(queue, 1), IsOk());
  Taker taker;
  ASSERT_TRUE(support::Eventually([&] { return !(*connection)->ProcessInput(taker).ok() || taker.taken; }));
}

TEST_F(DeadLetterQueueTest, ConfiguredQueue_HasItsDeadLetterQueueAndGetsItsLettersBack) {
  billing_.delivery_limit = 1;
  DeclareBilling();
  EXPECT_THAT(broker_.BindingsOf(kBilling), ElementsAre(Pair("order_events", "order.#")));
  EXPECT_THAT(broker_.BindingsOf(kBillingDlq), ElementsAre(Pair("order_events.dlx", kBilling)));
  ASSERT_TRUE(broker_.Exchange("order_events.dlx").has_value());
  ASSERT_TRUE(broker_.Publish("order_events", "order.created", ProcessedEvent(1, 1).dump(),
                              {{"message_id", EventId(1)}, {"headers", {{"theirs", "kept"}}}}));
  // The limit is of deliveries beyond the first.
  for (int i = 0; i < 2; ++i) TakeAndCrash(options_, kBilling);
  auto queue = OpenBilling();
  ASSERT_TRUE(support::Eventually([&] { return *queue->Count() == 1; }));
  const auto letters = queue->Take(1);
  ASSERT_THAT(letters, IsOk());
  const Letter& letter = letters->front();
  EXPECT_EQ(letter.reason, "delivery_limit");
  EXPECT_EQ(letter.order_id, PaidOrder(1));
  EXPECT_GT(letter.died_at, absl::Now() - absl::Hours(1));
  EXPECT_EQ(letter.original_exchange, "order_events");
  EXPECT_EQ(letter.original_routing_key, "order.created");
  EXPECT_THAT(queue->PutBack(), IsOk());
  ASSERT_TRUE(support::Eventually([&] { return *queue->Count() == 1; }));
  queue.reset();

  const RedriveResult result = RedriveBilling();
  EXPECT_THAT(result.status, IsOk());
  EXPECT_EQ(result.redriven, 1U);
  const auto back = support::TestConsumer(broker_.url(), kBilling).Next();
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->headers.at("x-original-exchange"), "order_events") << "the broker's x-death is no place to look";
  EXPECT_EQ(back->headers.at("x-original-routing-key"), "order.created");
  EXPECT_EQ(back->headers.at("theirs"), "kept");
  EXPECT_EQ(back->headers.count("x-delivery-count"), 0U);
}

}  // namespace
}  // namespace logistics::messaging
