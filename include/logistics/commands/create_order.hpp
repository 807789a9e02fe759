#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/domain/order.hpp"

namespace logistics::commands {

// Stores an order, reserves its stock (all or nothing) and emits its events; a paid order goes on to PROCESSING at
// once. Errors: ports::OrderStore::Create.
struct CreateOrder {
  using Result = domain::Order;
  domain::NewOrder order;
};

Needs NeedsOf(const CreateOrder& command);
StockNeeds StockNeedsOf(const CreateOrder& command, const State& state);
absl::StatusOr<CreateOrder::Result> Execute(const CreateOrder& command, State& state, Effects& effects,
                                            const Context& context);

}  // namespace logistics::commands
