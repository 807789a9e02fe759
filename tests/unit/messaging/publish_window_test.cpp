#include "messaging/relay/publish_window.hpp"

#include <gmock/gmock.h>

#include "fakes/memory_routed_keys.hpp"
#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PublishWindow::Time kStart{};

class PublishWindowTest : public testing::Test {
 protected:
  static PublishWindow::Options With(Unroutable unroutable, int capacity = 10) { return {capacity, unroutable}; }

  // Publishes all that may go out; the numbers of the messages, in order.
  std::vector<std::int64_t> PublishAll(PublishWindow& window) {
    std::vector<std::int64_t> published;
    while (const ports::OutboxMessage* const message = window.Next()) {
      published.push_back(message->position.number);
      window.Published(++tag_, now_);
    }
    return published;
  }
  void Ack(PublishWindow& window, std::uint64_t tag, bool multiple = false) {
    window.Ack(tag, multiple, now_, outcomes_);
  }
  void Nack(PublishWindow& window, std::uint64_t tag) { window.Nack(tag, false, now_, outcomes_); }
  static std::vector<std::int64_t> NumbersOf(const std::vector<ports::OutboxMessage>& messages) {
    std::vector<std::int64_t> numbers;
    for (const ports::OutboxMessage& message : messages) numbers.push_back(message.position.number);
    return numbers;
  }

  fakes::MemoryRoutedKeys routed_keys_;
  KnownRoutes routes_{routed_keys_, absl::Minutes(10)};
  PublishWindow::Time now_ = kStart;
  std::uint64_t tag_ = 0;
  std::vector<PublishOutcome> outcomes_;
};

TEST_F(PublishWindowTest, Next_SameKey_WaitsForTheConfirmOfTheOneBefore) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  window.Add(MessageAt(1, 7));
  window.Add(MessageAt(2, 7));
  window.Add(MessageAt(3, 8));
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 3));
  Ack(window, 1);
  EXPECT_THAT(PublishAll(window), ElementsAre(2));
}

TEST_F(PublishWindowTest, Next_SameOrderOnTwoStreams_AreIndependent) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  window.Add(MessageAt(1, 7, domain::EventStream::kOrder));
  window.Add(MessageAt(2, 7, domain::EventStream::kInventory));
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 2));
}

TEST_F(PublishWindowTest, Next_WindowFull_WaitsForConfirms) {
  PublishWindow window(With(Unroutable::kDrop, 2), routes_);
  for (int i = 1; i <= 4; ++i) window.Add(MessageAt(i, static_cast<std::uint64_t>(i)));
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 2));
  Ack(window, 2, /*multiple=*/true);
  EXPECT_THAT(PublishAll(window), ElementsAre(3, 4));
}

TEST_F(PublishWindowTest, TakeConfirmed_OutOfOrder_StartStaysBelowTheUnconfirmed) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  for (int i = 1; i <= 4; ++i) window.Add(MessageAt(i, static_cast<std::uint64_t>(i)));
  PublishAll(window);
  Ack(window, 2);
  Ack(window, 3);
  Confirmed confirmed = window.TakeConfirmed();
  EXPECT_THAT(NumbersOf(confirmed.messages), ElementsAre(2, 3));
  EXPECT_EQ(confirmed.start, (ports::OutboxPosition{0, 0}));
  Ack(window, 1);
  confirmed = window.TakeConfirmed();
  EXPECT_THAT(NumbersOf(confirmed.messages), ElementsAre(1));
  EXPECT_EQ(confirmed.start, (ports::OutboxPosition{3, 0})) << "2 and 3 were resolved before";
  Ack(window, 4);
  EXPECT_EQ(window.TakeConfirmed().start, (ports::OutboxPosition{4, 0}));
}

TEST_F(PublishWindowTest, Nack_QuarantinesTheMessageAndThoseOfItsKeyBehindIt) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  window.Add(MessageAt(1, 7));
  window.Add(MessageAt(2, 7));
  window.Add(MessageAt(3, 8));
  PublishAll(window);
  Nack(window, 1);
  Nack(window, 1);  // said twice: the second means nothing
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].route, (Route{domain::EventStream::kOrder, "order.created"}));
  Ack(window, 2);
  EXPECT_THAT(NumbersOf(window.TakeToQuarantine()), ElementsAre(1, 2));
  EXPECT_THAT(NumbersOf(window.TakeConfirmed().messages), ElementsAre(3));
  EXPECT_THAT(PublishAll(window), IsEmpty());
  EXPECT_EQ(window.size(), 0U);
}

TEST_F(PublishWindowTest, Returned_Drop_IsDeletedAndTheKeyGoesOn) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  routes_.Maintain(now_);
  window.Add(MessageAt(1, 7));
  window.Add(MessageAt(2, 7));
  PublishAll(window);
  window.Returned(MessageAt(1, 7).message_id);
  Ack(window, 1);
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].result, PublishResult::kReturned);
  EXPECT_TRUE(outcomes_[0].dropped);
  EXPECT_THAT(NumbersOf(window.TakeConfirmed().messages), ElementsAre(1));
  EXPECT_THAT(PublishAll(window), ElementsAre(2));
}

TEST_F(PublishWindowTest, Returned_Drop_OfAKnownRoute_IsQuarantined) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  routes_.Maintain(now_);
  window.Add(MessageAt(1, 7));
  window.Add(MessageAt(2, 8));
  PublishAll(window);
  Ack(window, 1);
  window.Returned(MessageAt(2, 8).message_id);
  Ack(window, 2);
  EXPECT_FALSE(outcomes_.back().dropped);
  EXPECT_THAT(NumbersOf(window.TakeToQuarantine()), ElementsAre(2));
}

TEST_F(PublishWindowTest, Returned_Hold_QuarantinesTheMessageAndThoseOfItsKeyBehindIt) {
  PublishWindow window(With(Unroutable::kHold), routes_);
  window.Add(MessageAt(1, 7));
  window.Add(MessageAt(2, 8));
  window.Add(MessageAt(3, 7));
  PublishAll(window);
  window.Returned(MessageAt(1, 7).message_id);
  Ack(window, 2, /*multiple=*/true);
  EXPECT_THAT(NumbersOf(window.TakeToQuarantine()), ElementsAre(1, 3));
  const Confirmed confirmed = window.TakeConfirmed();
  EXPECT_THAT(NumbersOf(confirmed.messages), ElementsAre(2));
  EXPECT_EQ(confirmed.start, (ports::OutboxPosition{3, 0}));
  EXPECT_EQ(window.size(), 0U);
}

TEST_F(PublishWindowTest, ConnectionLost_SendsTheUnconfirmedAgainInOrder) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  for (int i = 1; i <= 5; ++i) window.Add(MessageAt(i, static_cast<std::uint64_t>(i)));
  PublishAll(window);
  Ack(window, 2);
  window.ConnectionLost();
  tag_ = 0;
  EXPECT_EQ(window.in_flight(), 0U);
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 3, 4, 5));
  Ack(window, 4, /*multiple=*/true);
  EXPECT_THAT(NumbersOf(window.TakeConfirmed().messages), ElementsAre(2, 1, 3, 4, 5));
}

TEST_F(PublishWindowTest, ConfirmsOverdue_FewerGoOutAndBehindTheOthers) {
  PublishWindow window(With(Unroutable::kDrop, 4), routes_);
  for (int i = 1; i <= 8; ++i) window.Add(MessageAt(i, static_cast<std::uint64_t>(i)));
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 2, 3, 4));
  window.ConfirmsOverdue();
  tag_ = 0;
  EXPECT_THAT(PublishAll(window), ElementsAre(5, 6));
  window.ConfirmsOverdue();
  tag_ = 0;
  EXPECT_THAT(PublishAll(window), ElementsAre(7));
  window.ConfirmsOverdue();
  tag_ = 0;
  EXPECT_THAT(PublishAll(window), ElementsAre(8)) << "one at a time at least";
  Ack(window, 1);
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 2)) << "a confirm adds one";
  Ack(window, 3, /*multiple=*/true);
  EXPECT_THAT(PublishAll(window), ElementsAre(3, 4, 5, 6)) << "up to the window's size";
}

TEST_F(PublishWindowTest, GiveUpOldest_QuarantinesThatKeyAlone) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  window.Add(MessageAt(1, 7));
  window.Add(MessageAt(2, 8));
  window.Add(MessageAt(3, 7));
  PublishAll(window);
  now_ += std::chrono::seconds(1);
  Ack(window, 2);
  EXPECT_GT(window.last_confirm(), window.OldestInFlight());
  window.GiveUpOldest(now_, outcomes_);
  EXPECT_EQ(outcomes_.back().result, PublishResult::kUnconfirmed);
  EXPECT_EQ(outcomes_.back().route.routing_key, "order.created");
  EXPECT_THAT(NumbersOf(window.TakeToQuarantine()), ElementsAre(1, 3));
  Ack(window, 1);  // comes late, and means nothing
  EXPECT_EQ(window.size(), 0U);
  EXPECT_EQ(window.in_flight(), 0U);
}

TEST_F(PublishWindowTest, ChannelFailed_FindsTheRefusedOneByOne) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  for (int i = 1; i <= 4; ++i) window.Add(MessageAt(i, static_cast<std::uint64_t>(i)));
  window.Add(MessageAt(5, 2));
  PublishAll(window);
  EXPECT_EQ(window.ChannelFailed(), std::nullopt);
  tag_ = 0;
  EXPECT_THAT(PublishAll(window), ElementsAre(1));
  Ack(window, 1);
  EXPECT_THAT(PublishAll(window), ElementsAre(2));
  EXPECT_EQ(window.ChannelFailed(), OrderingIdOf(MessageAt(2, 2)));
  tag_ = 0;
  EXPECT_THAT(NumbersOf(window.TakeToQuarantine()), ElementsAre(2, 5));
  EXPECT_FALSE(window.one_by_one());
  EXPECT_THAT(PublishAll(window), ElementsAre(3, 4));
}

TEST_F(PublishWindowTest, ChannelFailed_RefusalDoesNotComeBack_ReturnsToNormal) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  for (int i = 1; i <= 4; ++i) window.Add(MessageAt(i, static_cast<std::uint64_t>(i)));
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 2, 3, 4));
  window.ChannelFailed();
  tag_ = 0;
  for (std::uint64_t tag = 1; tag <= 4; ++tag) {
    EXPECT_TRUE(window.one_by_one());
    EXPECT_EQ(PublishAll(window).size(), 1U);
    Ack(window, tag);
  }
  EXPECT_FALSE(window.one_by_one());
  EXPECT_THAT(window.TakeToQuarantine(), IsEmpty());
}

TEST_F(PublishWindowTest, AddQuarantined_RefusedAgain_LeavesWithoutATrace) {
  PublishWindow window(With(Unroutable::kHold), routes_);
  window.Reset({10, 0});
  window.AddQuarantined(MessageAt(1, 7));
  window.AddQuarantined(MessageAt(2, 7));
  window.AddQuarantined(MessageAt(3, 8));
  EXPECT_THAT(PublishAll(window), ElementsAre(1, 3));
  Nack(window, 1);
  Ack(window, 2);
  EXPECT_THAT(window.TakeToQuarantine(), IsEmpty()) << "they are quarantined already";
  const Confirmed confirmed = window.TakeConfirmed();
  EXPECT_THAT(NumbersOf(confirmed.messages), ElementsAre(3));
  EXPECT_THAT(confirmed.quarantined_keys, ElementsAre(OrderingIdOf(MessageAt(3, 8))));
  EXPECT_EQ(confirmed.start, (ports::OutboxPosition{10, 0}));
  EXPECT_EQ(window.size(), 0U);
}

TEST_F(PublishWindowTest, Reset_LateConfirms_MeanNothing) {
  PublishWindow window(With(Unroutable::kDrop), routes_);
  window.Add(MessageAt(1, 1));
  window.Add(MessageAt(2, 2));
  PublishAll(window);
  window.Reset({2, 0});
  window.Add(MessageAt(3, 3));
  EXPECT_THAT(PublishAll(window), ElementsAre(3));
  Ack(window, 2, /*multiple=*/true);
  EXPECT_EQ(window.in_flight(), 1U);
  Ack(window, 3);
  EXPECT_EQ(window.TakeConfirmed().start, (ports::OutboxPosition{3, 0}));
}

}  // namespace
}  // namespace logistics::messaging
