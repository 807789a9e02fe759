// What payments mean for orders. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"

namespace logistics::domain {

enum class PaymentOutcome { kProcessed, kFailed };

// PaymentProcessed or PaymentFailed, as the payment service tells it (contract §3); decoded, nothing decided yet.
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

// A payment of an order, as it is recorded: by a notice, or at the order's creation (payment_info.is_paid).
struct RecordedPayment {
  PaymentOutcome outcome = PaymentOutcome::kProcessed;
  std::optional<Uuid> payment_id;
};

struct PaymentDecision {
  bool record = false;                    // false: this payment is recorded already
  std::optional<OrderStatus> new_status;  // kProcessing or kCancelled; nullopt: the order stays
  std::string notes;                      // of the change: the error's text where it cancels
};

// Processed: amount and currency are those of the order; a PENDING order goes on to PROCESSING; one that is further
// already, by hand, stays, and the payment is recorded. Failed: a PENDING order without a recorded payment is
// cancelled. A payment that is recorded already changes nothing. INVALID_ARGUMENT: amount or currency are no amount.
// FAILED_ PRECONDITION, saying what a person has to do: another amount or currency than the order's, paid after it was
// cancelled, failed after it was paid or went on.
absl::StatusOr<PaymentDecision> DecidePayment(const Order& order, const std::vector<RecordedPayment>& recorded,
                                              const PaymentNotice& notice);

}  // namespace logistics::domain
