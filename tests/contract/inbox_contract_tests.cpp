#include "contract/store_contract.hpp"

namespace logistics::contract {
namespace {

using domain::OrderId;
using fakes::IsOk;
using fakes::StatusIs;
using ports::InboundMessage;
using ports::WaitingMessage;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreContract, Inbox_ParkedMessage_IsReadBackAsItCame) {
  const InboundMessage message = MessageOf(New<OrderId>());
  ASSERT_THAT(inbox().Park(message, 2, absl::Minutes(5), "order unknown", {}), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> all, inbox().List("payments", 0, 10, {}));
  ASSERT_EQ(all.size(), 1U);
  const WaitingMessage& waiting = all.front();
  EXPECT_GT(waiting.id, 0);
  EXPECT_EQ(waiting.attempts, 2);
  EXPECT_EQ(waiting.last_error, "order unknown");
  EXPECT_NEAR(absl::ToDoubleSeconds(waiting.due_at - waiting.arrived_at), 300, 1);
  EXPECT_EQ(waiting.message.consumer, message.consumer);
  EXPECT_EQ(waiting.message.message_id, message.message_id);
  EXPECT_EQ(waiting.message.order_id, message.order_id);
  EXPECT_EQ(waiting.message.exchange, message.exchange);
  EXPECT_EQ(waiting.message.routing_key, message.routing_key);
  EXPECT_EQ(waiting.message.event_type, message.event_type);
  EXPECT_EQ(waiting.message.body, message.body);
  EXPECT_EQ(waiting.message.correlation_id, message.correlation_id);
  EXPECT_EQ(waiting.message.traceparent, message.traceparent);
}

TEST_P(StoreContract, Inbox_ParkedAgain_ChangesNothing) {
  const InboundMessage message = MessageOf(New<OrderId>());
  ASSERT_THAT(inbox().Park(message, 1, absl::ZeroDuration(), "first", {}), IsOk());
  ASSERT_THAT(inbox().Park(message, 7, absl::Hours(1), "again", {}), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> due, inbox().Due("payments", 10, {}));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due.front().attempts, 1);
  EXPECT_EQ(due.front().last_error, "first");

  InboundMessage of_another = message;
  of_another.consumer = "shipments";
  ASSERT_THAT(Park(of_another), IsOk());
  EXPECT_THAT(WaitingMessages(), ElementsAre(message.message_id, message.message_id)) << "each consumer has its own";
}

TEST_P(StoreContract, Inbox_NothingIsDueBeforeItsTime) {
  const InboundMessage message = MessageOf(New<OrderId>());
  ASSERT_THAT(Park(message, absl::Minutes(10)), IsOk());
  harness().AgeInbox(absl::Minutes(9));
  EXPECT_THAT(DueMessages(), IsEmpty());
  harness().AgeInbox(absl::Minutes(2));
  EXPECT_THAT(DueMessages(), ElementsAre(message.message_id));
  EXPECT_THAT(inbox().Due("shipments", 10, {}), fakes::IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, Inbox_OfAnOrderTheFirstOnly_AndOnlyWhenThatOneIsDue) {
  const auto order = New<OrderId>();
  const InboundMessage first = MessageOf(order);
  const InboundMessage second = MessageOf(order);
  const InboundMessage other = MessageOf(New<OrderId>());
  ASSERT_THAT(Park(first, absl::Minutes(10)), IsOk());
  ASSERT_THAT(Park(second), IsOk());
  ASSERT_THAT(Park(other), IsOk());
  EXPECT_THAT(DueMessages(), ElementsAre(other.message_id)) << "the second waits behind the first";
  harness().AgeInbox(absl::Minutes(11));
  EXPECT_THAT(DueMessages(), ElementsAre(first.message_id, other.message_id));
  EXPECT_THAT(DueMessages(1), ElementsAre(first.message_id)) << "the oldest first";

  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> due, inbox().Due("payments", 1, {}));
  ASSERT_THAT(inbox().Remove(due.front().id, {}), IsOk());
  ASSERT_THAT(inbox().Remove(due.front().id, {}), IsOk()) << "also when it is gone";
  EXPECT_THAT(DueMessages(), ElementsAre(second.message_id, other.message_id));
}

TEST_P(StoreContract, Inbox_PutOff_IsOneMoreTryAndDueLater) {
  const InboundMessage message = MessageOf(New<OrderId>());
  ASSERT_THAT(Park(message), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> due, inbox().Due("payments", 1, {}));
  ASSERT_EQ(due.size(), 1U);
  ASSERT_THAT(inbox().PutOff(due.front().id, absl::Seconds(5), "still not", {}), IsOk());
  EXPECT_THAT(DueMessages(), IsEmpty());
  harness().AgeInbox(absl::Seconds(6));
  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> again, inbox().Due("payments", 1, {}));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again.front().attempts, 2);
  EXPECT_EQ(again.front().last_error, "still not");
  EXPECT_THAT(inbox().PutOff(due.front().id + 1, absl::Seconds(5), "gone", {}), IsOk()) << "what is not there";
}

TEST_P(StoreContract, Inbox_SetAside_IsNoTryAndDueLater) {
  const InboundMessage message = MessageOf(New<OrderId>());
  ASSERT_THAT(Park(message), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> before, inbox().Due("payments", 1, {}));
  ASSERT_EQ(before.size(), 1U);
  ASSERT_THAT(inbox().SetAside(before.front().id, absl::Seconds(5), "unknown", {}), IsOk());
  EXPECT_THAT(DueMessages(), IsEmpty());
  harness().AgeInbox(absl::Seconds(6));
  ASSERT_OK_AND_ASSIGN(const std::vector<WaitingMessage> after, inbox().Due("payments", 1, {}));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after.front().attempts, before.front().attempts);
  EXPECT_EQ(after.front().last_error, "unknown");
}

TEST_P(StoreContract, Inbox_List_GoesOnBehindAPlace) {
  std::vector<std::string> parked;
  for (int i = 0; i < 5; ++i) {
    InboundMessage message = MessageOf(New<OrderId>());
    message.consumer = i == 2 ? "shipments" : "payments";
    parked.push_back(message.message_id);
    ASSERT_THAT(Park(message, absl::Hours(1)), IsOk());
  }
  EXPECT_EQ(WaitingMessages(), parked);
  ASSERT_OK_AND_ASSIGN(const auto page, inbox().List("payments", 0, 3, {}));
  ASSERT_EQ(page.size(), 3U);
  EXPECT_EQ(page[2].message.message_id, parked[3]);
  ASSERT_OK_AND_ASSIGN(const auto rest, inbox().List("payments", page[2].id, 3, {}));
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].message.message_id, parked[4]);
}

TEST_P(StoreContract, Inbox_Stats_CountToABoundAndGiveTheAgeOfTheOldest) {
  ASSERT_OK_AND_ASSIGN(ports::InboxStats stats, inbox().Stats("payments", 10, {}));
  EXPECT_EQ(stats.waiting, 0);
  EXPECT_EQ(stats.oldest_arrived_at, std::nullopt);
  InboundMessage of_others = MessageOf(New<OrderId>());
  of_others.consumer = "shipments";
  ASSERT_THAT(Park(of_others), IsOk());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Park(MessageOf(New<OrderId>()), absl::Hours(1)), IsOk());
  ASSERT_OK_AND_ASSIGN(stats, inbox().Stats("payments", 10, {}));
  EXPECT_EQ(stats.waiting, 3);
  ASSERT_OK_AND_ASSIGN(const auto oldest, inbox().List("payments", 0, 1, {}));
  EXPECT_EQ(stats.oldest_arrived_at, oldest.front().arrived_at);
  ASSERT_OK_AND_ASSIGN(stats, inbox().Stats("payments", 2, {}));
  EXPECT_EQ(stats.waiting, 2);
}

TEST_P(StoreContract, Inbox_WhatIsNoText_IsRefused) {
  InboundMessage message = MessageOf(New<OrderId>());
  message.body = std::string("{}\0", 3);
  EXPECT_THAT(Park(message), StatusIs(absl::StatusCode::kInvalidArgument));
  message.body = "\xC3\x28";
  EXPECT_THAT(Park(message), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(WaitingMessages(), IsEmpty());
}

}  // namespace
}  // namespace logistics::contract
