#pragma once

#include <string>

#include "absl/status/status.h"
#include "logistics/domain/payment.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/inbox.hpp"

namespace logistics::ports {

// What became of one try to handle a message.
enum class HandlingOutcome {
  kDone,        // its transaction committed, now or before: to be acked
  kRetryLater,  // may be right later: the order is not there yet, or an earlier message of it waits
  kPoison,      // will never be right: to the dead letters, with the reason
  kAway,        // nothing can be handled now: the database is away, or overloaded. Not a try
};

struct Handling {
  HandlingOutcome outcome = HandlingOutcome::kDone;
  std::string reason;  // for people; empty when done
};

// Acts on decoded payment messages. Thread-safe; blocking; handling one again has one effect.
class PaymentHandler {
 public:
  virtual ~PaymentHandler() = default;
  virtual Handling Handle(const domain::PaymentNotice& notice, const InboxEntry& entry, const CallContext& context) = 0;
};

}  // namespace logistics::ports
