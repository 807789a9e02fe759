#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/domain/order_change.hpp"

namespace logistics::commands {

// Moves an order on, with what that means for its stock. Errors: ports::OrderStore::ChangeStatus.
struct ChangeStatus {
  using Result = domain::Order;
  domain::StatusChange change;
};

Needs NeedsOf(const ChangeStatus& command);
StockNeeds StockNeedsOf(const ChangeStatus& command, const State& state);
absl::StatusOr<ChangeStatus::Result> Execute(const ChangeStatus& command, State& state, Effects& effects,
                                             const Context& context);

}  // namespace logistics::commands
