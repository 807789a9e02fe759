#include "logistics/commands/expire_reservation.hpp"

#include <optional>

#include "commands/stock_effects.hpp"
#include "logistics/commands/change_status.hpp"
#include "logistics/domain/external_reservation.hpp"

namespace logistics::commands {

Needs NeedsOf(const ExpireReservation& command) { return NeedsOfOrder(domain::OrderId(command.id)); }

StockNeeds StockNeedsOf(const ExpireReservation& command, const State& state) {
  return LevelsOfReservation(domain::OrderId(command.id), state);
}

absl::StatusOr<ports::EndAnswer> Execute(const ExpireReservation& command, State& state, Effects& effects,
                                         const Context& context) {
  const domain::OrderId id(command.id);
  const domain::Reservation* reservation = state.FindReservation(id);
  const domain::Order* order = state.FindOrder(id);
  switch (domain::DecideExpiry(reservation == nullptr ? std::nullopt : std::optional(*reservation),
                               order == nullptr ? std::nullopt : std::optional(*order))) {
    case domain::Expiry::kKeep:
      return ports::EndAnswer{false};
    case domain::Expiry::kCancelOrder: {
      const ChangeStatus cancel{{id, domain::OrderStatus::kCancelled, domain::kExpiredReason, "", std::nullopt}};
      const auto cancelled = Execute(cancel, state, effects, context);
      if (!cancelled.ok()) return cancelled.status();
      break;
    }
    case domain::Expiry::kRelease: {
      const absl::Status released =
          EndExternal(*reservation, domain::StockAction::kRelease, domain::kExpiredReason, state, effects, context);
      if (!released.ok()) return released;
      break;
    }
  }
  return ports::EndAnswer{true};
}

}  // namespace logistics::commands
