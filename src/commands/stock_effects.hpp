// Shared by commands: moving the stock of a reservation.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "logistics/commands/context.hpp"
#include "logistics/commands/state.hpp"
#include "logistics/domain/order_change.hpp"

namespace logistics::commands {

// Appends the ledger's lines of a reservation.
void RecordMovements(const std::vector<domain::StockMovement>& movements, const domain::Uuid& reservation_id,
                     const std::string& reason, Effects& effects);

// Moves the stock of an order of ours: in the books, or, where a peer keeps it, as steps for the saga. Sets the
// reservation's state; its row is the caller's to store. Pieces that cannot go back to their level are recorded.
// Errors: domain::StockBook.
absl::Status MoveOrderStock(domain::Reservation& reservation, domain::StockAction action, State& state,
                            Effects& effects, const Context& context);

// Releases or commits an external reservation, with its row and its events. Errors: domain::StockBook.
absl::Status EndExternal(domain::Reservation reservation, domain::StockAction action, const std::string& reason,
                         State& state, Effects& effects, const Context& context);

}  // namespace logistics::commands
