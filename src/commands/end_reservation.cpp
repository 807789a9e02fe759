#include "logistics/commands/end_reservation.hpp"

#include <optional>

#include "commands/stock_effects.hpp"
#include "logistics/domain/external_reservation.hpp"

namespace logistics::commands {

Needs NeedsOf(const EndReservation& command) { return NeedsOfOrder(domain::OrderId(command.id.uuid)); }

StockNeeds StockNeedsOf(const EndReservation& command, const State& state) {
  return LevelsOfReservation(domain::OrderId(command.id.uuid), state);
}

absl::StatusOr<ports::EndAnswer> Execute(const EndReservation& command, State& state, Effects& effects,
                                         const Context& context) {
  const domain::OrderId id(command.id.uuid);
  const domain::Reservation* found = state.FindReservation(id);
  const std::optional<domain::Reservation> existing = found == nullptr ? std::nullopt : std::optional(*found);
  const absl::StatusOr<bool> end =
      domain::DecideEnd(command.id, command.action, existing, state.FindOrder(id) != nullptr);
  if (!end.ok()) return end.status();
  if (!*end) return ports::EndAnswer{false};
  const absl::Status ended = EndExternal(*existing, command.action, command.reason, state, effects, context);
  if (!ended.ok()) return ended;
  return ports::EndAnswer{true};
}

}  // namespace logistics::commands
