#include "contract/store_contract.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using domain::PaymentOutcome;
using domain::RecordedPayment;
using fakes::HistoryRow;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::InboxEntry;
using ports::PaymentResult;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreContract, Payment_Processed_RecordsItAndMovesTheOrderOn) {
  const auto box = ProductWith("BOX", 10);
  const domain::Order order = Placed({{box, 2}});
  NewEvents();
  const domain::PaymentNotice notice = ProcessedOf(order);
  EXPECT_THAT(Apply(notice), IsOkAndHolds(PaymentResult::kDone));

  ASSERT_OK_AND_ASSIGN(const domain::Order now, orders().Get(order.id, {}));
  EXPECT_EQ(now.status, OrderStatus::kProcessing);
  EXPECT_EQ(now.version, 2);
  const std::string notes = "payment " + notice.payment_id->ToString() + " was processed";
  EXPECT_EQ(harness().History(order.id).back(),
            (HistoryRow{2, OrderStatus::kPending, OrderStatus::kProcessing, "payments", notes}));
  EXPECT_THAT(NewEventTypes(), ElementsAre("OrderStatusChanged"));
  EXPECT_THAT(harness().Payments(order.id),
              ElementsAre(RecordedPayment{order.id, PaymentOutcome::kProcessed, notice.payment_id}));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 2})) << "its stock stays held";
}

TEST_P(StoreContract, Payment_Failed_CancelsTheOrderAndFreesItsStock) {
  const auto box = ProductWith("BOX", 10);
  const domain::Order order = Placed({{box, 2}});
  NewEvents();
  EXPECT_THAT(Apply(FailedOf(order)), IsOkAndHolds(PaymentResult::kDone));

  EXPECT_EQ(harness().History(order.id).back(),
            (HistoryRow{2, OrderStatus::kPending, OrderStatus::kCancelled, "payments", "no funds"}));
  const std::vector<domain::Event> events = NewEvents();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(domain::EventType(events[0].data), "OrderStatusChanged");
  ASSERT_EQ(domain::EventType(events[1].data), "OrderCancelled");
  EXPECT_EQ(std::get<domain::OrderCancelled>(events[1].data).reason, "no funds");
  ASSERT_EQ(domain::EventType(events[2].data), "InventoryReleased");
  EXPECT_EQ(std::get<domain::InventoryReleased>(events[2].data).reason, "no funds");
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 0}));
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Payment_SameMessageAgain_ChangesNothing) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const domain::Order cancelled = Placed({{ProductWith("CAP", 10)}});
  const domain::PaymentNotice processed = ProcessedOf(order);
  domain::PaymentNotice failed = FailedOf(cancelled);
  failed.payment_id.reset();  // nothing but the message tells that it is the same
  for (const domain::PaymentNotice& notice : {processed, failed}) {
    const InboxEntry entry = NewEntry();
    ASSERT_THAT(Apply(notice, entry), IsOkAndHolds(PaymentResult::kDone));
    NewEvents();
    EXPECT_THAT(Apply(notice, entry), IsOkAndHolds(PaymentResult::kSeenBefore));
    EXPECT_THAT(NewEvents(), IsEmpty());
    EXPECT_EQ(harness().Payments(notice.order_id).size(), 1U);
  }
}

TEST_P(StoreContract, Payment_SamePaymentInAnotherMessage_IsDoneWithoutAnEffect) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const domain::PaymentNotice notice = ProcessedOf(order);
  ASSERT_THAT(Apply(notice), IsOkAndHolds(PaymentResult::kDone));
  NewEvents();
  const InboxEntry entry = NewEntry();
  EXPECT_THAT(Apply(notice, entry), IsOkAndHolds(PaymentResult::kSeenBefore));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_EQ(harness().Payments(order.id).size(), 1U);
  // It is remembered: whatever is told under that message_id from now on was seen.
  EXPECT_THAT(Apply(FailedOf(order), entry), IsOkAndHolds(PaymentResult::kSeenBefore));
}

TEST_P(StoreContract, Payment_SameMessageOfAnotherConsumer_IsAnotherMessage) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const InboxEntry entry = NewEntry();
  ASSERT_THAT(Apply(ProcessedOf(order), entry), IsOk());
  EXPECT_THAT(Apply(ProcessedOf(order), {"others", entry.message_id, std::nullopt}),
              StatusIs(absl::StatusCode::kFailedPrecondition))
      << "a second payment";
}

TEST_P(StoreContract, Payment_Refused_ChangesAndRemembersNothing) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  NewEvents();
  domain::PaymentNotice wrong = ProcessedOf(order);
  wrong.amount = "0.01";
  const InboxEntry entry = NewEntry();
  EXPECT_THAT(Apply(wrong, entry), StatusIs(absl::StatusCode::kFailedPrecondition));
  wrong.amount = "a lot";
  EXPECT_THAT(Apply(wrong, entry), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(harness().Payments(order.id), IsEmpty());
  EXPECT_THAT(orders().Get(order.id, {}), IsOkAndHolds(order));
  // Redriven once it is right, it is not taken for seen.
  EXPECT_THAT(Apply(ProcessedOf(order), entry), IsOkAndHolds(PaymentResult::kDone));
}

TEST_P(StoreContract, Payment_OfUnknownOrder_IsNotFoundUntilThereIsOne) {
  const auto box = ProductWith("BOX", 10);
  const domain::NewOrder later = OrderOf({{box}});
  const InboxEntry entry = NewEntry();
  EXPECT_THAT(Apply(ProcessedOf(later.order), entry), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(Create(later), IsOk());
  EXPECT_THAT(Apply(ProcessedOf(later.order), entry), IsOkAndHolds(PaymentResult::kDone));
}

TEST_P(StoreContract, Payment_OfAnotherOrder_IsRefused) {
  const auto box = ProductWith("BOX", 10);
  const domain::Order order = Placed({{box}});
  const domain::Order other = Placed({{box}});
  const domain::PaymentNotice notice = ProcessedOf(order);
  ASSERT_THAT(Apply(notice), IsOk());
  domain::PaymentNotice stolen = notice;
  stolen.order_id = other.id;
  EXPECT_THAT(Apply(stolen), StatusIs(absl::StatusCode::kFailedPrecondition, testing::HasSubstr(order.id.ToString())));
  EXPECT_THAT(harness().Payments(other.id), IsEmpty());
}

TEST_P(StoreContract, Payment_AfterAnEarlierMessageThatWaits_MustWaitToo) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const domain::Order other = Placed({{ProductWith("CAP", 10)}});
  ASSERT_THAT(Park(MessageOf(order.id), absl::Hours(1)), IsOk());
  EXPECT_THAT(Apply(ProcessedOf(order)), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Apply(ProcessedOf(other)), IsOk()) << "of another order";
}

TEST_P(StoreContract, Payment_ThatWaited_IsDoneInTurnAndWaitsNoMore) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const ports::InboundMessage first = MessageOf(order.id);
  const ports::InboundMessage second = MessageOf(order.id);
  ASSERT_THAT(Park(first), IsOk());
  ASSERT_THAT(Park(second), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto waiting, inbox().List("payments", 0, 10, {}));
  ASSERT_EQ(waiting.size(), 2U);
  const InboxEntry first_entry{"payments", first.message_id, waiting[0].id};
  const InboxEntry second_entry{"payments", second.message_id, waiting[1].id};

  EXPECT_THAT(Apply(ProcessedOf(order), second_entry), StatusIs(absl::StatusCode::kAborted));
  const domain::PaymentNotice notice = ProcessedOf(order);
  EXPECT_THAT(Apply(notice, first_entry), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_THAT(WaitingMessages(), ElementsAre(second.message_id));
  EXPECT_THAT(Apply(notice, second_entry), IsOkAndHolds(PaymentResult::kSeenBefore));
  EXPECT_THAT(WaitingMessages(), IsEmpty());
}

TEST_P(StoreContract, Payment_RedeliveredWhileItWaits_IsDoneOnceAndWaitsNoMore) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const ports::InboundMessage message = MessageOf(order.id);
  const InboxEntry redelivered{"payments", message.message_id, std::nullopt};
  ASSERT_THAT(Park(message), IsOk());
  const domain::PaymentNotice notice = ProcessedOf(order);
  EXPECT_THAT(Apply(notice, redelivered), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_THAT(WaitingMessages(), IsEmpty());
  // Parked by a replica that did not know; what waits then is swept off at its next try.
  ASSERT_THAT(Park(message), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto waiting, inbox().List("payments", 0, 10, {}));
  EXPECT_THAT(Apply(notice, {"payments", message.message_id, waiting.front().id}),
              IsOkAndHolds(PaymentResult::kSeenBefore));
  EXPECT_THAT(WaitingMessages(), IsEmpty());
}

TEST_P(StoreContract, Payment_ThatWaitedAndIsGone_IsNotDone) {
  const domain::Order order = Placed({{ProductWith("BOX", 10)}});
  const ports::InboundMessage message = MessageOf(order.id);
  ASSERT_THAT(Park(message), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto waiting, inbox().List("payments", 0, 10, {}));
  ASSERT_THAT(inbox().Remove(waiting.front().id, {}), IsOk());
  const InboxEntry frozen{"payments", message.message_id, waiting.front().id};
  EXPECT_THAT(Apply(ProcessedOf(order), frozen), StatusIs(absl::StatusCode::kAborted));
  // Redriven from the dead letters it is.
  EXPECT_THAT(Apply(ProcessedOf(order), {"payments", message.message_id, std::nullopt}),
              IsOkAndHolds(PaymentResult::kDone));
}

TEST_P(StoreContract, Create_Paid_IsTwoChangesInOneTransaction) {
  const auto box = ProductWith("BOX", 10);
  NewEvents();
  domain::NewOrder paid = OrderOf({{box, 2}}, "key");
  paid.order.payment = domain::PaymentInfo{"card", "tx-0", 0, true, std::nullopt};
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(paid));
  EXPECT_EQ(order.status, OrderStatus::kProcessing);
  EXPECT_EQ(order.version, 2);
  EXPECT_THAT(orders().Get(order.id, {}), IsOkAndHolds(order));
  EXPECT_THAT(harness().History(order.id),
              ElementsAre(HistoryRow{1, std::nullopt, OrderStatus::kPending, "", ""},
                          HistoryRow{2, OrderStatus::kPending, OrderStatus::kProcessing, "", domain::kPaidAtCreation}));
  EXPECT_THAT(NewEventTypes(), ElementsAre("OrderCreated", "InventoryReserved", "OrderStatusChanged"));
  EXPECT_THAT(harness().Payments(order.id),
              ElementsAre(RecordedPayment{order.id, PaymentOutcome::kProcessed, std::nullopt}));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 2}));
  // The same request again is answered with it and pays nothing twice.
  EXPECT_THAT(Create(paid), IsOkAndHolds(order));
  EXPECT_EQ(harness().Payments(order.id).size(), 1U);

  // The payment service tells of that very payment, and of another.
  domain::PaymentNotice notice = ProcessedOf(order);
  EXPECT_THAT(Apply(notice), StatusIs(absl::StatusCode::kFailedPrecondition));
  notice.transaction_id = "tx-0";
  EXPECT_THAT(Apply(notice), IsOkAndHolds(PaymentResult::kSeenBefore));
}

TEST_P(StoreContract, Create_PaidAndShort_RecordsNothing) {
  const auto box = ProductWith("BOX", 1);
  domain::NewOrder paid = OrderOf({{box, 2}});
  paid.order.payment = domain::PaymentInfo{"card", "tx-0", 0, true, std::nullopt};
  EXPECT_THAT(Create(paid), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(harness().Payments(paid.order.id), IsEmpty());
}

TEST_P(StoreContract, Create_PaidWithEarlyCommit_IsToldLast) {
  policy_.commit_on = domain::CommitOn::kCreated;
  const auto box = ProductWith("BOX", 10);
  NewEvents();
  domain::NewOrder paid = OrderOf({{box, 2}});
  paid.order.payment = domain::PaymentInfo{"card", "tx-0", 0, true, std::nullopt};
  ASSERT_THAT(Create(paid), IsOk());
  EXPECT_THAT(NewEventTypes(),
              ElementsAre("OrderCreated", "InventoryReserved", "InventoryUpdated", "OrderStatusChanged"));
}

TEST_P(StoreContract, Payment_AndCancelAtOnce_OneOrderIsRightEitherWay) {
  const auto box = ProductWith("BOX", 100);
  std::vector<domain::Order> placed;
  for (int i = 0; i < 16; ++i) placed.push_back(Placed({{box}}));
  std::vector<absl::Status> paid(placed.size());
  AtOnce(32, [&](int i) {
    const domain::Order& order = placed[static_cast<std::size_t>(i / 2)];
    if (i % 2 == 0) {
      paid[static_cast<std::size_t>(i / 2)] = Apply(ProcessedOf(order)).status();
    } else {
      EXPECT_THAT(Change(order, OrderStatus::kCancelled), IsOk()) << "PENDING or PROCESSING, it can be";
    }
  });
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const bool before = paid[i].ok();
    EXPECT_TRUE(before || paid[i].code() == absl::StatusCode::kFailedPrecondition) << paid[i];
    EXPECT_EQ(harness().Payments(placed[i].id).size(), before ? 1U : 0U);
    EXPECT_EQ(harness().History(placed[i].id).size(), before ? 3U : 2U);
  }
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{100, 0}));
  ExpectLedgersSumToLevels({box});
}

}  // namespace
}  // namespace logistics::contract
