#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::commands {

// Makes an external reservation. Errors: ports::StockStore::Reserve.
struct ReserveStock {
  using Result = ports::ReservationAnswer;
  ports::ReservationRequest request;
};

Needs NeedsOf(const ReserveStock& command);
StockNeeds StockNeedsOf(const ReserveStock& command, const State& state);
absl::StatusOr<ReserveStock::Result> Execute(const ReserveStock& command, State& state, Effects& effects,
                                             const Context& context);

}  // namespace logistics::commands
