#pragma once

#include "absl/status/statusor.h"
#include "logistics/domain/payment.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/inbox.hpp"

namespace logistics::ports {

enum class PaymentResult {
  kDone,        // recorded, with what it means for the order: one transaction
  kSeenBefore,  // this message was done before, or this payment is recorded: nothing changed
};

// Payments of orders, durably. Thread-safe; blocking, as OrderStore.
class PaymentStore {
 public:
  virtual ~PaymentStore() = default;

  // Applies domain::DecidePayment under the order's lock and remembers the message, in one transaction.
  // NOT_FOUND: no such order (yet). ABORTED: an earlier message of this order still waits. What DecidePayment refuses
  // is refused with its error. UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED as OrderStore: nothing is known to
  // have happened, and it may be said again.
  virtual absl::StatusOr<PaymentResult> Apply(const domain::PaymentNotice& notice, const InboxEntry& entry,
                                              const CallContext& context) = 0;
};

}  // namespace logistics::ports
