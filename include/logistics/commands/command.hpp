// Everything that writes: one of these, decided by Decide.
#pragma once

#include <variant>

#include "absl/status/status.h"
#include "logistics/commands/abandon_intent.hpp"
#include "logistics/commands/adjust_stock.hpp"
#include "logistics/commands/apply_payment.hpp"
#include "logistics/commands/change_status.hpp"
#include "logistics/commands/complete_intent.hpp"
#include "logistics/commands/create_order.hpp"
#include "logistics/commands/create_product.hpp"
#include "logistics/commands/end_reservation.hpp"
#include "logistics/commands/expire_reservation.hpp"
#include "logistics/commands/open_intent.hpp"
#include "logistics/commands/reserve_stock.hpp"

namespace logistics::commands {

using Command = std::variant<CreateOrder, ChangeStatus, CreateProduct, AdjustStock, ReserveStock, EndReservation,
                             ExpireReservation, OpenIntent, CompleteIntent, AbandonIntent, ApplyPayment>;

// The result types of the commands, each once.
using Result = std::variant<domain::Order, domain::Product, ports::LevelRow, ports::ReservationAnswer, ports::EndAnswer,
                            ports::IntentAnswer, ports::PaymentResult>;

// The answer to a command whose commit is in doubt: domain::CommitInDoubtError, repeatable where the same command again
// changes nothing twice.
absl::Status InDoubtError(const Command& command);

Needs NeedsOf(const Command& command);
StockNeeds StockNeedsOf(const Command& command, const State& state);

}  // namespace logistics::commands
