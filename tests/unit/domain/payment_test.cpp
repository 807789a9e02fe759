#include "logistics/domain/payment.hpp"

#include <gmock/gmock.h>

#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"

namespace logistics::domain {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;

using fakes::kRefused;

class DecidePaymentTest : public testing::Test {
 protected:
  // Over 19.99 USD.
  Order OrderIn(OrderStatus status) const {
    Order order;
    order.id = order_id_;
    order.status = status;
    order.total_minor = 1999;
    return order;
  }
  // The same, created as paid with transaction "tx-0".
  Order PaidOrderIn(OrderStatus status) const {
    Order order = OrderIn(status);
    order.payment = PaymentInfo{"card", "tx-0", 1999, true, std::nullopt};
    return order;
  }
  PaymentNotice Processed() const {
    return {PaymentOutcome::kProcessed, payment_id_, order_id_, "19.99", "USD", "card", "tx-1", "", ""};
  }
  PaymentNotice Failed() const {
    return {PaymentOutcome::kFailed, payment_id_, order_id_, "19.99", "USD", "card", "", "51", "no funds"};
  }
  RecordedPayment Own(PaymentOutcome outcome) const { return {order_id_, outcome, payment_id_}; }
  RecordedPayment Other() const { return {order_id_, PaymentOutcome::kProcessed, other_payment_id_}; }
  RecordedPayment AtCreation() const { return {order_id_, PaymentOutcome::kProcessed, std::nullopt}; }

  fakes::SequentialIds ids_;
  const OrderId order_id_{ids_.NewId()};
  const OrderId other_order_id_{ids_.NewId()};
  const Uuid payment_id_ = ids_.NewId();
  const Uuid other_payment_id_ = ids_.NewId();
};

// "record, Processing", "record", "nothing" or "refused": the whole table of what can come.
std::string Verdict(const Order& order, const std::vector<RecordedPayment>& recorded, const PaymentNotice& notice) {
  const absl::StatusOr<PaymentDecision> decision = DecidePayment(order, recorded, notice);
  if (!decision.ok()) {
    EXPECT_THAT(decision, StatusIs(kRefused));
    const auto violations = ConditionViolationsOf(decision.status());
    EXPECT_EQ(violations.size(), 1U);
    EXPECT_TRUE(violations.size() == 1 && violations[0].type == "PAYMENT" &&
                violations[0].subject == order.id.ToString());
    return "refused";
  }
  if (!decision->record) {
    EXPECT_FALSE(decision->new_status);
    return "nothing";
  }
  if (!decision->new_status) return "record";
  EXPECT_TRUE(IsLegalChange(order.status, *decision->new_status));
  EXPECT_FALSE(decision->notes.empty());
  return "record, " + std::string(OrderStatusName(*decision->new_status));
}

TEST_F(DecidePaymentTest, EveryStatusOutcomeAndRecord) {
  struct Row {
    std::string recorded;
    PaymentOutcome outcome;
    // PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED, RETURNED.
    std::vector<std::string> verdicts;
  };
  const std::string processing = "record, Processing";
  const std::string cancelled = "record, Cancelled";
  const std::vector<Row> rows = {
      {"none", PaymentOutcome::kProcessed, {processing, "record", "record", "record", "refused", "refused"}},
      {"none", PaymentOutcome::kFailed, {cancelled, "refused", "refused", "refused", "refused", "refused"}},
      {"own", PaymentOutcome::kProcessed, {"nothing", "nothing", "nothing", "nothing", "nothing", "nothing"}},
      {"own", PaymentOutcome::kFailed, {"refused", "refused", "refused", "refused", "refused", "refused"}},
      {"own failed", PaymentOutcome::kProcessed, {"refused", "refused", "refused", "refused", "refused", "refused"}},
      {"own failed", PaymentOutcome::kFailed, {"nothing", "nothing", "nothing", "nothing", "nothing", "nothing"}},
      {"other", PaymentOutcome::kProcessed, {"refused", "refused", "refused", "refused", "refused", "refused"}},
      {"other", PaymentOutcome::kFailed, {"refused", "refused", "refused", "refused", "refused", "refused"}},
      {"at creation", PaymentOutcome::kProcessed, {"refused", "refused", "refused", "refused", "refused", "refused"}},
      {"at creation", PaymentOutcome::kFailed, {"refused", "refused", "refused", "refused", "refused", "refused"}},
  };
  for (const Row& row : rows) {
    for (int status = 1; status <= 6; ++status) {
      const auto order_status = static_cast<OrderStatus>(status);
      SCOPED_TRACE(row.recorded + ", told " + std::string(PaymentOutcomeName(row.outcome)) + ", " +
                   std::string(OrderStatusName(order_status)));
      Order order = OrderIn(order_status);
      std::vector<RecordedPayment> recorded;
      if (row.recorded == "own") recorded = {Other(), Own(PaymentOutcome::kProcessed)};
      if (row.recorded == "own failed") recorded = {Own(PaymentOutcome::kFailed)};
      if (row.recorded == "other") recorded = {Other()};
      if (row.recorded == "at creation") {
        order = PaidOrderIn(order_status);
        recorded = {AtCreation()};
      }
      const PaymentNotice notice = row.outcome == PaymentOutcome::kProcessed ? Processed() : Failed();
      EXPECT_EQ(Verdict(order, recorded, notice), row.verdicts[static_cast<std::size_t>(status - 1)]);
    }
  }
}

TEST_F(DecidePaymentTest, SameTransactionAsAtCreation_IsThatPayment) {
  PaymentNotice notice = Processed();
  notice.transaction_id = "tx-0";
  EXPECT_EQ(Verdict(PaidOrderIn(OrderStatus::kProcessing), {AtCreation()}, notice), "nothing");
  // Of an order that is older than the records.
  EXPECT_EQ(Verdict(PaidOrderIn(OrderStatus::kPending), {}, notice), "record, Processing");
  EXPECT_EQ(Verdict(PaidOrderIn(OrderStatus::kPending), {}, Failed()), "refused");

  Order untold = PaidOrderIn(OrderStatus::kProcessing);
  untold.payment->transaction_id.clear();
  notice.transaction_id.clear();
  EXPECT_EQ(Verdict(untold, {AtCreation()}, notice), "refused");
}

TEST_F(DecidePaymentTest, OrderThatIsNotSaidToBePaid_IsNotPaidByItsTransaction) {
  Order order = PaidOrderIn(OrderStatus::kPending);
  order.payment->is_paid = false;
  EXPECT_EQ(Verdict(order, {}, Processed()), "record, Processing");
  EXPECT_EQ(Verdict(order, {}, Failed()), "record, Cancelled");
}

TEST_F(DecidePaymentTest, OtherAmountOrCurrency_IsRefusedWithBoth) {
  PaymentNotice notice = Processed();
  notice.amount = "20";
  EXPECT_THAT(DecidePayment(OrderIn(OrderStatus::kPending), {}, notice),
              StatusIs(kRefused, AllOf(HasSubstr("20.00 USD"), HasSubstr("19.99 USD"))));
  notice = Processed();
  notice.currency = "EUR";
  EXPECT_THAT(DecidePayment(OrderIn(OrderStatus::kPending), {}, notice),
              StatusIs(kRefused, AllOf(HasSubstr("19.99 EUR"), HasSubstr("19.99 USD"))));
  // Also where the payment is recorded: one of the two messages is wrong.
  EXPECT_EQ(Verdict(OrderIn(OrderStatus::kProcessing), {Own(PaymentOutcome::kProcessed)}, notice), "refused");
}

TEST_F(DecidePaymentTest, FailureOverAnotherAmountOrCurrency_CancelsNothing) {
  PaymentNotice amount = Failed();
  amount.amount = "20";
  PaymentNotice currency = Failed();
  currency.currency = "EUR";
  PaymentNotice nameless = amount;
  nameless.payment_id.reset();
  const std::vector<RecordedPayment> recorded = {Own(PaymentOutcome::kFailed)};
  for (const PaymentNotice& notice : {amount, currency, nameless}) {
    EXPECT_THAT(DecidePayment(OrderIn(OrderStatus::kPending), {}, notice),
                StatusIs(kRefused, AllOf(HasSubstr("19.99 USD"), HasSubstr("whether it was for this order"))));
    EXPECT_EQ(Verdict(OrderIn(OrderStatus::kCancelled), recorded, notice), "refused") << "recorded or not";
  }
}

TEST_F(DecidePaymentTest, AmountWrittenOtherwise_IsTheSame) {
  for (const char* amount : {"19.99", "19.990", "019.99"}) {
    for (PaymentNotice notice : {Processed(), Failed()}) {
      notice.amount = amount;
      ASSERT_OK_AND_ASSIGN(const PaymentDecision decision, DecidePayment(OrderIn(OrderStatus::kPending), {}, notice));
      EXPECT_EQ(decision.amount_minor, 1999);
      EXPECT_EQ(decision.currency, Currency());
      EXPECT_TRUE(decision.record);
    }
  }
}

TEST_F(DecidePaymentTest, WhatIsNoAmountNoCurrencyOrNoText_IsInvalidByName) {
  PaymentNotice notice = Processed();
  notice.amount = "19.999";
  notice.transaction_id = std::string("a\0b", 3);
  const auto decision = DecidePayment(OrderIn(OrderStatus::kPending), {}, notice);
  EXPECT_THAT(decision, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("19.999")));
  EXPECT_EQ(FieldViolationsOf(decision.status()).size(), 2U);

  notice = Failed();
  notice.currency = "usd";
  EXPECT_THAT(DecidePayment(OrderIn(OrderStatus::kPending), {}, notice),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("currency")));
}

TEST_F(DecidePaymentTest, PaymentOfAnotherOrder_IsRefusedWithItsOrder) {
  for (const PaymentNotice& notice : {Processed(), Failed()}) {
    EXPECT_THAT(DecidePayment(OrderIn(OrderStatus::kPending), {{other_order_id_, notice.outcome, payment_id_}}, notice),
                StatusIs(kRefused, HasSubstr(other_order_id_.ToString())));
  }
}

TEST_F(DecidePaymentTest, Refusals_TellAPersonWhatToDo) {
  const auto reason = [&](OrderStatus status, const std::vector<RecordedPayment>& recorded,
                          const PaymentNotice& notice) {
    return std::string(DecidePayment(OrderIn(status), recorded, notice).status().message());
  };
  EXPECT_THAT(reason(OrderStatus::kCancelled, {}, Processed()),
              AllOf(HasSubstr("Cancelled"), HasSubstr("give the money back")));
  EXPECT_THAT(reason(OrderStatus::kProcessing, {Other()}, Processed()),
              AllOf(HasSubstr(other_payment_id_.ToString()), HasSubstr(payment_id_.ToString()), HasSubstr("second")));
  EXPECT_THAT(reason(OrderStatus::kProcessing, {Other()}, Failed()), HasSubstr("ask the payment service"));
  EXPECT_THAT(reason(OrderStatus::kShipped, {}, Failed()), HasSubstr("collect the money"));
  EXPECT_THAT(reason(OrderStatus::kCancelled, {}, Failed()), HasSubstr("drop this message"));
}

TEST_F(DecidePaymentTest, FailedWithoutPaymentId_IsNeverTakenForAnother) {
  PaymentNotice notice = Failed();
  notice.payment_id.reset();
  EXPECT_EQ(Verdict(OrderIn(OrderStatus::kPending), {}, notice), "record, Cancelled");
  const RecordedPayment before{order_id_, PaymentOutcome::kFailed, std::nullopt};
  EXPECT_EQ(Verdict(OrderIn(OrderStatus::kCancelled), {before}, notice), "refused");
}

TEST_F(DecidePaymentTest, FailedTwiceUnderTwoIds_IsRefusedTheSecondTime) {
  const RecordedPayment before{order_id_, PaymentOutcome::kFailed, other_payment_id_};
  EXPECT_EQ(Verdict(OrderIn(OrderStatus::kCancelled), {before}, Failed()), "refused");
}

TEST_F(DecidePaymentTest, ReasonOfTheCancellation_IsTheErrorsText) {
  const auto notes = [&](const std::string& code, const std::string& message) {
    PaymentNotice notice = Failed();
    notice.error_code = code;
    notice.error_message = message;
    const auto decision = DecidePayment(OrderIn(OrderStatus::kPending), {}, notice);
    EXPECT_THAT(decision, IsOk());
    return decision.ok() ? decision->notes : "";
  };
  EXPECT_EQ(notes("51", "no funds"), "no funds");
  EXPECT_EQ(notes("51", ""), "51");
  EXPECT_EQ(notes("", ""), "the payment failed");
  // Cut, and not in the middle of a character (three bytes each).
  std::string lengthy;
  while (lengthy.size() < 2 * kLongTextBytesMax) lengthy += "\xE2\x82\xAC";
  EXPECT_EQ(notes("", lengthy), lengthy.substr(0, kLongTextBytesMax / 3 * 3));
}

TEST_F(DecidePaymentTest, PaymentAtCreation_IsTheOrdersWhole) {
  EXPECT_FALSE(PaymentAtCreation(OrderIn(OrderStatus::kPending)));
  Order order = PaidOrderIn(OrderStatus::kPending);
  order.payment->amount_minor = 0;  // not given
  const auto payment = PaymentAtCreation(order);
  ASSERT_TRUE(payment);
  EXPECT_EQ(payment->outcome, PaymentOutcome::kProcessed);
  EXPECT_FALSE(payment->payment_id);
  EXPECT_EQ(payment->amount, "19.99");
  EXPECT_EQ(payment->transaction_id, "tx-0");
  order.payment->is_paid = false;
  EXPECT_FALSE(PaymentAtCreation(order));
}

TEST(PaymentOutcome, Names_ReadBack) {
  for (const PaymentOutcome outcome : {PaymentOutcome::kProcessed, PaymentOutcome::kFailed}) {
    EXPECT_EQ(PaymentOutcomeFromName(PaymentOutcomeName(outcome)), outcome);
  }
  EXPECT_FALSE(PaymentOutcomeFromName("refunded"));
}

}  // namespace
}  // namespace logistics::domain
