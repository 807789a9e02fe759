#pragma once

#include <string>

#include "absl/status/status.h"
#include "logistics/domain/payment.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/inbox.hpp"

namespace logistics::ports {

// The outcome of one try to handle a message.
enum class HandlingOutcome {
  kDone,         // its transaction committed, now or before: ack it
  kRetryLater,   // a later try may succeed: the order does not exist yet, or an earlier message of the order waits
  kReject,       // no try can succeed: dead-letter it, with the reason
  kUnavailable,  // no message can be handled now: the database is unavailable or overloaded. This counts as no try
};

struct Handling {
  HandlingOutcome outcome = HandlingOutcome::kDone;
  std::string reason;  // for people; empty when done
};

// Acts on decoded payment messages. Thread-safe; blocking. A message that is handled again has no second effect.
class PaymentHandler {
 public:
  virtual ~PaymentHandler() = default;
  virtual Handling Handle(const domain::PaymentNotice& notice, const InboxEntry& entry, const CallContext& context) = 0;
};

}  // namespace logistics::ports
