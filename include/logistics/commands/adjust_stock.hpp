#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::commands {

// Changes the physical quantity of a level. Errors: ports::StockStore::Adjust.
struct AdjustStock {
  using Result = ports::LevelRow;
  ports::StockAdjustment adjustment;
};

Needs NeedsOf(const AdjustStock& command);
StockNeeds StockNeedsOf(const AdjustStock& command, const State& state);
absl::StatusOr<AdjustStock::Result> Execute(const AdjustStock& command, State& state, Effects& effects,
                                            const Context& context);

}  // namespace logistics::commands
