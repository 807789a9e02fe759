#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/needs.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::commands {

// Releases or commits an external reservation. Errors: ports::StockStore::Release and CommitReservation.
struct EndReservation {
  using Result = ports::EndAnswer;
  domain::ExternalId id;
  domain::StockAction action = domain::StockAction::kNone;  // kRelease or kCommit
  std::string reason;                                       // of a release
};

Needs NeedsOf(const EndReservation& command);
StockNeeds StockNeedsOf(const EndReservation& command, const State& state);
absl::StatusOr<EndReservation::Result> Execute(const EndReservation& command, State& state, Effects& effects,
                                               const Context& context);

}  // namespace logistics::commands
