#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/intent_store.hpp"

namespace logistics::commands {

// First step of an order whose stock a peer keeps: the intent is a committed row before the peer is called.
// Errors: ports::IntentStore::Open.
struct OpenIntent {
  using Result = ports::IntentAnswer;
  domain::NewOrder order;
};

Needs NeedsOf(const OpenIntent& command);
StockNeeds StockNeedsOf(const OpenIntent& command, const State& state);
absl::StatusOr<OpenIntent::Result> Execute(const OpenIntent& command, State& state, Effects& effects,
                                           const Context& context);

}  // namespace logistics::commands
