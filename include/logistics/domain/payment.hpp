// Payments, and their meaning for orders. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"

namespace logistics::domain {

enum class PaymentOutcome { kProcessed, kFailed };
// "processed", "failed": the payments table's word.
std::string_view PaymentOutcomeName(PaymentOutcome outcome);
std::optional<PaymentOutcome> PaymentOutcomeFromName(std::string_view name);

// PaymentProcessed or PaymentFailed, as the payment service publishes it (contract §3); decoded, nothing decided yet.
struct PaymentNotice {
  PaymentOutcome outcome = PaymentOutcome::kProcessed;
  std::optional<Uuid> payment_id;  // always set when processed
  OrderId order_id;
  std::string amount;  // decimal, as on the wire
  std::string currency;
  std::string payment_method;
  std::string transaction_id;  // processed
  std::string error_code;      // failed
  std::string error_message;   // failed
};

// A payment as it is recorded: by a notice, or at the order's creation (payment_info.is_paid, without a payment_id).
struct RecordedPayment {
  OrderId order_id;
  PaymentOutcome outcome = PaymentOutcome::kProcessed;
  std::optional<Uuid> payment_id;
  friend bool operator==(const RecordedPayment&, const RecordedPayment&) = default;
};

struct PaymentDecision {
  bool record = false;                    // false: this payment is recorded already
  std::optional<OrderStatus> new_status;  // kProcessing or kCancelled; nullopt: the order stays
  std::string notes;                      // of the change: the error's text where it cancels
  std::int64_t amount_minor = 0;          // of the notice
  Currency currency;                      // of the notice
};

// `recorded`: the payments of this order, and the one of the notice's payment_id, whichever order it is of.
//
// An order has one payment. The one that is recorded is known by its payment_id, or, recorded at the order's creation,
// by its transaction_id; the same one again changes nothing. Another one of an order that is paid was taken from
// the customer a second time: it is neither recorded nor an effect, a person has to give it back.
//
// Processed: a PENDING order goes on to PROCESSING; one that went on by hand before it was paid stays where it is, and
// the payment is recorded. Failed: a PENDING order that is not paid is cancelled, with the error's text (cut to
// kLongTextBytesMax) as the reason.
//
// INVALID_ARGUMENT: amount or currency are none, or a text cannot be stored. FAILED_PRECONDITION, one
// ConditionViolation of type "PAYMENT", with a message for a person: the facts, and what to do: an amount or
// currency other than the order's; paid after the order was cancelled or returned; a second payment; the
// payment_id of another order; failed after the order was paid, went on or was cancelled.
absl::StatusOr<PaymentDecision> DecidePayment(const Order& order, const std::vector<RecordedPayment>& recorded,
                                              const PaymentNotice& notice);

// The payment that an order brings along, recorded with it: it goes on to PROCESSING at once. nullopt where its
// payment_info does not say is_paid.
std::optional<PaymentNotice> PaymentAtCreation(const Order& order);

// The notes of the change that such a payment makes.
inline constexpr char kPaidAtCreation[] = "paid when it was ordered";

}  // namespace logistics::domain
