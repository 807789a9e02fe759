#include "logistics/commands/apply_payment.hpp"

#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::PaymentOutcome;
using domain::StockLevel;
using fakes::IsOkAndHolds;
using fakes::kRefused;
using fakes::StatusIs;
using ports::PaymentResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ApplyPaymentTest : public CommandTest {
 protected:
  domain::PaymentNotice Notice(const domain::Order& order, PaymentOutcome outcome = PaymentOutcome::kProcessed) {
    return {outcome,
            ids_.NewId(),
            order.id,
            domain::DecimalString(order.total_minor, order.currency),
            std::string(order.currency.code()),
            "card",
            "tx-1",
            outcome == PaymentOutcome::kFailed ? "declined" : "",
            outcome == PaymentOutcome::kFailed ? "no money" : ""};
  }
  absl::StatusOr<PaymentResult> Apply(const domain::PaymentNotice& notice, const MessageState& message = {},
                                      std::optional<std::int64_t> waiting_id = std::nullopt) {
    state_.LoadMessage(0, message);
    return Run(ApplyPayment{notice, {"payments", "message-1", waiting_id}});
  }

  const domain::ProductId box_ = Product("BOX", StockLevel{10, 2});
};

TEST_F(ApplyPaymentTest, Processed_MovesTheOrderOnAndIsRecorded) {
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Apply(Notice(order)), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_EQ(state_.FindOrder(order.id)->status, OrderStatus::kProcessing);
  ASSERT_THAT(effects_.history, SizeIs(1));
  EXPECT_EQ(effects_.history[0].changed_by, "payments");
  ASSERT_THAT(effects_.payments, SizeIs(1));
  EXPECT_EQ(effects_.payments[0].message_id, "message-1");
  EXPECT_EQ(effects_.payments[0].amount_minor, order.total_minor);
  ASSERT_THAT(effects_.done_messages, SizeIs(1));
  EXPECT_THAT(EventTypes(), ElementsAre("OrderStatusChanged"));
}

TEST_F(ApplyPaymentTest, Failed_CancelsThePendingOrder) {
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Apply(Notice(order, PaymentOutcome::kFailed)), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_EQ(state_.FindOrder(order.id)->status, OrderStatus::kCancelled);
  EXPECT_EQ(LevelOf(box_), (StockLevel{10, 0}));
  EXPECT_THAT(EventTypes(), ElementsAre("OrderStatusChanged", "OrderCancelled", "InventoryReleased"));
}

TEST_F(ApplyPaymentTest, MessageThatIsDone_OnlyForgetsThatItWaits) {
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Apply(Notice(order), {.done = true}), IsOkAndHolds(PaymentResult::kSeenBefore));
  EXPECT_TRUE(effects_.empty());
  EXPECT_THAT(Apply(Notice(order), {.done = true, .waits_as = 7, .first_waiting = 7}, 7),
              IsOkAndHolds(PaymentResult::kSeenBefore));
  EXPECT_THAT(effects_.no_longer_waiting, ElementsAre(7));
  EXPECT_THAT(effects_.done_messages, IsEmpty());
  EXPECT_THAT(effects_.payments, IsEmpty());
}

TEST_F(ApplyPaymentTest, PaymentThatIsRecorded_MarksItsMessageDone) {
  const domain::Order order = Stored({{box_, 2}}, OrderStatus::kProcessing);
  const domain::PaymentNotice notice = Notice(order);
  const MessageState message{.recorded = {{order.id, PaymentOutcome::kProcessed, notice.payment_id}}};
  EXPECT_THAT(Apply(notice, message), IsOkAndHolds(PaymentResult::kSeenBefore));
  EXPECT_THAT(effects_.payments, IsEmpty());
  EXPECT_THAT(effects_.done_messages, SizeIs(1));
  EXPECT_THAT(effects_.changed_orders, IsEmpty());
}

TEST_F(ApplyPaymentTest, MessageThatWaited_HasItsTurnWhenItIsTheFirst) {
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Apply(Notice(order), {.waits_as = 7, .first_waiting = 7}, 7), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_THAT(effects_.no_longer_waiting, ElementsAre(7));
}

TEST_F(ApplyPaymentTest, Refusals_LeaveNothing) {
  const domain::Order order = Stored({{box_, 2}});
  const auto nothing_changed = [&] {
    EXPECT_TRUE(effects_.empty());
    EXPECT_EQ(*state_.FindOrder(order.id), order);
    EXPECT_EQ(LevelOf(box_), (StockLevel{10, 2}));
  };
  EXPECT_THAT(Apply(Notice(order), {.first_waiting = 3}), StatusIs(absl::StatusCode::kAborted, HasSubstr("earlier")));
  nothing_changed();
  EXPECT_THAT(Apply(Notice(order), {}, 7), StatusIs(absl::StatusCode::kAborted, HasSubstr("does not wait any more")));
  nothing_changed();
  domain::PaymentNotice unknown = Notice(order);
  unknown.order_id = domain::OrderId(ids_.NewId());
  EXPECT_THAT(Apply(unknown), StatusIs(absl::StatusCode::kNotFound));
  nothing_changed();
  domain::PaymentNotice less = Notice(order);
  less.amount = "0.01";
  EXPECT_THAT(Apply(less), StatusIs(kRefused));
  nothing_changed();
  domain::PaymentNotice nonsense = Notice(order);
  nonsense.amount = "two";
  EXPECT_THAT(Apply(nonsense), StatusIs(absl::StatusCode::kInvalidArgument));
  nothing_changed();
  const MessageState paid{.recorded = {{order.id, PaymentOutcome::kProcessed, ids_.NewId()}}};
  EXPECT_THAT(Apply(Notice(order), paid), StatusIs(kRefused));
  nothing_changed();
}

// The cancellation is decided, its history and its events are noted; then the book cannot release.
TEST_F(ApplyPaymentTest, CancellationThatCannotRelease_LeavesNothing) {
  state_.LoadLevel(Key(box_), {10, 1});
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Apply(Notice(order, PaymentOutcome::kFailed)), StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(effects_.empty());
  EXPECT_EQ(*state_.FindOrder(order.id), order);
}

TEST_F(ApplyPaymentTest, MessageThatWasNotLoaded_IsRefused) {
  EXPECT_THAT(Run(ApplyPayment{Notice(Stored({{box_, 2}})), {"payments", "message-1", std::nullopt}}),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(effects_.empty());
}

}  // namespace
}  // namespace logistics::commands
