#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/intent_store.hpp"

namespace logistics::commands {

// The peer has reserved: the order is stored in the transaction that moves its intent on.
// Errors: ports::IntentStore::Complete.
struct CompleteIntent {
  using Result = domain::Order;
  domain::NewOrder order;
};

Needs NeedsOf(const CompleteIntent& command);
StockNeeds StockNeedsOf(const CompleteIntent& command, const State& state);
absl::StatusOr<CompleteIntent::Result> Execute(const CompleteIntent& command, State& state, Effects& effects,
                                               const Context& context);

}  // namespace logistics::commands
