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

  // Applies domain::DecidePayment under the order's lock, with the change of the order (changed_by: the entry's
  // consumer), and remembers the message, in one transaction.
  // NOT_FOUND: no such order (yet). ABORTED: the order is busy; an earlier message of it still waits; or a message that
  // waited does not wait any more and was not done (it was dead-lettered meanwhile). What DecidePayment refuses is
  // refused with its error. In all these cases nothing is changed nor remembered. UNAVAILABLE, RESOURCE_EXHAUSTED,
  // DEADLINE_EXCEEDED as OrderStore: nothing is known to have happened, and it may be sent again.
  virtual absl::StatusOr<PaymentResult> Apply(const domain::PaymentNotice& notice, const InboxEntry& entry,
                                              const CallContext& context) = 0;
};

}  // namespace logistics::ports
