#pragma once

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::commands {

// Ends a reservation that waited too long: its pending order is cancelled, an external one is released. Nothing happens
// where the reservation is to be kept (domain::DecideExpiry).
struct ExpireReservation {
  using Result = ports::EndAnswer;
  domain::Uuid id;
};

Needs NeedsOf(const ExpireReservation& command);
StockNeeds StockNeedsOf(const ExpireReservation& command, const State& state);
absl::StatusOr<ExpireReservation::Result> Execute(const ExpireReservation& command, State& state, Effects& effects,
                                                  const Context& context);

}  // namespace logistics::commands
