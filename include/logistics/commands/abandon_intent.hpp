#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/intent_store.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::commands {

// The order will not be made: the intent ends and the peer is sent releases. See ports::IntentStore::Abandon.
struct AbandonIntent {
  using Result = ports::EndAnswer;
  ports::Abandonment abandonment;
};

Needs NeedsOf(const AbandonIntent& command);
StockNeeds StockNeedsOf(const AbandonIntent& command, const State& state);
absl::StatusOr<AbandonIntent::Result> Execute(const AbandonIntent& command, State& state, Effects& effects,
                                              const Context& context);

}  // namespace logistics::commands
