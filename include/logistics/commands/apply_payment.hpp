#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/payment_store.hpp"

namespace logistics::commands {

// Records a payment that a message reports, with what it means for its order, and marks the message as done.
// Errors: ports::PaymentStore::Apply.
struct ApplyPayment {
  using Result = ports::PaymentResult;
  domain::PaymentNotice notice;
  ports::InboxEntry entry;
};

Needs NeedsOf(const ApplyPayment& command);
StockNeeds StockNeedsOf(const ApplyPayment& command, const State& state);
absl::StatusOr<ApplyPayment::Result> Execute(const ApplyPayment& command, State& state, Effects& effects,
                                             const Context& context);

}  // namespace logistics::commands
