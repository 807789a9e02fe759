#include "logistics/commands/complete_intent.hpp"

#include <utility>

#include "commands/order_effects.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::commands {

Needs NeedsOf(const CompleteIntent& command) { return NeedsOfOrder(command.order.order.id); }

StockNeeds StockNeedsOf(const CompleteIntent& /*command*/, const State& /*state*/) { return {}; }

absl::StatusOr<domain::Order> Execute(const CompleteIntent& command, State& state, Effects& effects,
                                      const Context& context) {
  const domain::OrderId id = command.order.order.id;
  const domain::Reservation* intent = state.FindReservation(id);
  if (intent == nullptr || intent->state != domain::ReservationState::kIntent) {
    return domain::RetryLaterError(absl::StatusCode::kUnavailable,
                                   "the order took too long to be made and was given up", absl::Seconds(1));
  }
  domain::Reservation reservation = *intent;
  reservation.state = domain::ReservationState::kHeld;
  absl::StatusOr<domain::Order> added = AddOrder(command.order.order, reservation, state, effects, context);
  if (!added.ok()) return added;
  effects.completed_intents.push_back(id.uuid());
  state.Put(reservation);
  effects.changed_reservations.push_back(std::move(reservation));
  return added;
}

}  // namespace logistics::commands
