#include "logistics/domain/payment.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::domain {
namespace {

struct Amount {
  std::int64_t minor = 0;
  Currency currency;
};

// Checks what the notice says by itself.
absl::StatusOr<Amount> CheckNotice(const PaymentNotice& notice) {
  FieldChecker checker;
  checker.Text("payment_method", notice.payment_method, kLongTextBytesMax);
  checker.Text("transaction_id", notice.transaction_id, kLongTextBytesMax);
  checker.Text("error_code", notice.error_code, kLongTextBytesMax);
  if (!IsCleanText(notice.error_message)) {
    checker.Add("error_message", absl::StrCat(Quoted(notice.error_message), " is not valid UTF-8 text"));
  }
  Amount amount;
  const std::optional<Currency> currency = Currency::Find(notice.currency);
  if (currency) {
    amount.currency = *currency;
    const absl::StatusOr<std::int64_t> minor = MinorUnitsFromDecimal(notice.amount, *currency);
    if (minor.ok()) {
      amount.minor = *minor;
    } else {
      checker.Add("amount", std::string(minor.status().message()));
    }
  } else {
    checker.Add("currency", absl::StrCat(Quoted(notice.currency), " is not an ISO 4217 currency"));
  }
  if (!checker.ok()) return checker.ToStatus();
  return amount;
}

std::string StatusText(const Order& order) { return std::string(OrderStatusName(order.status)); }

std::string MoneyText(std::int64_t minor, const Currency& currency) {
  return absl::StrCat(DecimalString(minor, currency), " ", std::string(currency.code()));
}

absl::Status Refused(const Order& order, const std::string& what) {
  return ConditionError(absl::StatusCode::kFailedPrecondition, what, {{"PAYMENT", order.id.ToString(), what}});
}

std::string NameOf(const PaymentNotice& notice) {
  return notice.payment_id ? absl::StrCat("payment ", notice.payment_id->ToString()) : "a payment without payment_id";
}

// One of the two is wrong, also where the payment is recorded already.
absl::Status CheckAmount(const Order& order, const PaymentNotice& notice, const PaymentDecision& decision) {
  if (decision.currency == order.currency && decision.amount_minor == order.total_minor) return absl::OkStatus();
  const bool failed = notice.outcome == PaymentOutcome::kFailed;
  return Refused(order, absl::StrCat(NameOf(notice), failed ? " failed, and" : "", " is of ",
                                     MoneyText(decision.amount_minor, decision.currency), ", the order is over ",
                                     MoneyText(order.total_minor, order.currency),
                                     failed ? ": ask the payment service whether it was for this order"
                                            : ": have the payment corrected or given back"));
}

// What the order was paid with, for people; nullopt when it is not paid.
std::optional<std::string> PaidWith(const Order& order, const std::vector<RecordedPayment>& recorded) {
  const auto paid = std::find_if(recorded.begin(), recorded.end(), [&](const RecordedPayment& payment) {
    return payment.order_id == order.id && payment.outcome == PaymentOutcome::kProcessed && payment.payment_id;
  });
  if (paid != recorded.end()) return absl::StrCat("payment ", paid->payment_id->ToString());
  if (!order.payment || !order.payment->is_paid) return std::nullopt;
  if (order.payment->transaction_id.empty()) return "a payment that was made before it was ordered";
  return absl::StrCat("transaction ", Quoted(order.payment->transaction_id));
}

// The row of the notice's own payment_id; null when there is none.
const RecordedPayment* SamePayment(const std::vector<RecordedPayment>& recorded, const PaymentNotice& notice) {
  const auto same = std::find_if(recorded.begin(), recorded.end(), [&](const RecordedPayment& payment) {
    return payment.payment_id && payment.payment_id == notice.payment_id;
  });
  return same == recorded.end() ? nullptr : &*same;
}

bool IsTheOneOfCreation(const Order& order, const PaymentNotice& notice) {
  return order.payment && order.payment->is_paid && !notice.transaction_id.empty() &&
         order.payment->transaction_id == notice.transaction_id;
}

bool RecordedAtCreation(const Order& order, const std::vector<RecordedPayment>& recorded) {
  return std::any_of(recorded.begin(), recorded.end(), [&](const RecordedPayment& payment) {
    return payment.order_id == order.id && payment.outcome == PaymentOutcome::kProcessed && !payment.payment_id;
  });
}

absl::StatusOr<PaymentDecision> DecideProcessed(const Order& order, const std::vector<RecordedPayment>& recorded,
                                                const PaymentNotice& notice, PaymentDecision decision) {
  const std::string name = NameOf(notice);
  const RecordedPayment* same = SamePayment(recorded, notice);
  if (same != nullptr && same->outcome == PaymentOutcome::kProcessed) return decision;
  const bool of_creation = IsTheOneOfCreation(order, notice);
  if (of_creation && RecordedAtCreation(order, recorded)) return decision;
  // What failed before was never heard of as paid, and its order was cancelled for it.
  const bool failed_before = same != nullptr;
  if (failed_before || order.status == OrderStatus::kCancelled || order.status == OrderStatus::kReturned) {
    return Refused(order, absl::StrCat(name, " came when the order was ", StatusText(order),
                                       " already: give the money back, or have it ordered again"));
  }
  if (const auto paid_with = PaidWith(order, recorded); paid_with && !of_creation) {
    return Refused(order, absl::StrCat("the order is paid already, with ", *paid_with, ", and ", name,
                                       " is a second one: give it back"));
  }
  decision.record = true;
  if (order.status == OrderStatus::kPending) {
    decision.new_status = OrderStatus::kProcessing;
    decision.notes = absl::StrCat(name, " was processed");
  }
  return decision;
}

absl::StatusOr<PaymentDecision> DecideFailed(const Order& order, const std::vector<RecordedPayment>& recorded,
                                             const PaymentNotice& notice, PaymentDecision decision) {
  const RecordedPayment* same = SamePayment(recorded, notice);
  if (same != nullptr && same->outcome == PaymentOutcome::kFailed) return decision;
  const std::string name = absl::StrCat(NameOf(notice), " failed, but the order ");
  if (const auto paid_with = PaidWith(order, recorded)) {
    return Refused(order, absl::StrCat(name, "is paid, with ", *paid_with, ", and is ", StatusText(order),
                                       ": ask the payment service which of the two is true"));
  }
  if (order.status == OrderStatus::kCancelled) {
    return Refused(order, absl::StrCat(name, "is Cancelled already: nothing is left to do, drop this message"));
  }
  if (order.status != OrderStatus::kPending) {
    return Refused(order, absl::StrCat(name, "went on without a payment and is ", StatusText(order),
                                       ": collect the money, or cancel or take back the order"));
  }
  decision.record = true;
  decision.new_status = OrderStatus::kCancelled;
  for (const std::string* text : {&notice.error_message, &notice.error_code}) {
    if (decision.notes.empty()) decision.notes = *text;
  }
  if (decision.notes.empty()) decision.notes = "the payment failed";
  decision.notes.resize(std::min(decision.notes.size(), kLongTextBytesMax));
  // Not in the middle of a character.
  while (!IsCleanText(decision.notes)) decision.notes.pop_back();
  return decision;
}

}  // namespace

std::string_view PaymentOutcomeName(PaymentOutcome outcome) {
  return outcome == PaymentOutcome::kProcessed ? "processed" : "failed";
}

std::optional<PaymentOutcome> PaymentOutcomeFromName(std::string_view name) {
  for (const PaymentOutcome outcome : {PaymentOutcome::kProcessed, PaymentOutcome::kFailed}) {
    if (PaymentOutcomeName(outcome) == name) return outcome;
  }
  return std::nullopt;
}

absl::StatusOr<PaymentDecision> DecidePayment(const Order& order, const std::vector<RecordedPayment>& recorded,
                                              const PaymentNotice& notice) {
  const absl::StatusOr<Amount> amount = CheckNotice(notice);
  if (!amount.ok()) return amount.status();
  PaymentDecision decision;
  decision.amount_minor = amount->minor;
  decision.currency = amount->currency;
  if (const RecordedPayment* same = SamePayment(recorded, notice); same != nullptr && same->order_id != order.id) {
    return Refused(order, absl::StrCat(NameOf(notice), " is recorded for order ", same->order_id.ToString(),
                                       ": ask the payment service whose it is"));
  }
  if (absl::Status same = CheckAmount(order, notice, decision); !same.ok()) return same;
  return notice.outcome == PaymentOutcome::kProcessed ? DecideProcessed(order, recorded, notice, std::move(decision))
                                                      : DecideFailed(order, recorded, notice, std::move(decision));
}

std::optional<PaymentNotice> PaymentAtCreation(const Order& order) {
  if (!order.payment || !order.payment->is_paid) return std::nullopt;
  PaymentNotice notice;
  notice.order_id = order.id;
  notice.amount = DecimalString(order.total_minor, order.currency);
  notice.currency = std::string(order.currency.code());
  notice.payment_method = order.payment->payment_method;
  notice.transaction_id = order.payment->transaction_id;
  return notice;
}

}  // namespace logistics::domain
