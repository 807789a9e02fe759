#include "logistics/commands/abandon_intent.hpp"

#include <utility>
#include <vector>

namespace logistics::commands {

using domain::ReservationState;
using domain::SagaStep;
using ports::IntentRelease;

Needs NeedsOf(const AbandonIntent& command) { return NeedsOfOrder(domain::OrderId(command.abandonment.id)); }

StockNeeds StockNeedsOf(const AbandonIntent& /*command*/, const State& /*state*/) { return {}; }

absl::StatusOr<ports::EndAnswer> Execute(const AbandonIntent& command, State& state, Effects& effects,
                                         const Context& /*context*/) {
  const ports::Abandonment& abandonment = command.abandonment;
  const domain::OrderId id(abandonment.id);
  const domain::Reservation* reservation = state.FindReservation(id);
  if (reservation == nullptr) return ports::EndAnswer{false};
  const bool intent = reservation->state == ReservationState::kIntent;
  // By its state too: the order of a commit that is still in flight is not seen yet, its reservation is waited for.
  const bool of_an_order =
      state.FindOrder(id) != nullptr || (!intent && reservation->state != ReservationState::kReleased);
  if (of_an_order || (!intent && abandonment.only_an_intent)) return ports::EndAnswer{false};
  if (intent) {
    domain::Reservation released = *reservation;
    released.state = ReservationState::kReleased;
    state.Put(released);
    effects.changed_reservations.push_back(std::move(released));
    effects.abandoned_intents.push_back(abandonment.id);
  }
  if (abandonment.release != IntentRelease::kNone) {
    std::vector<SagaStep> steps = {{SagaStep::Kind::kRelease, 0}};
    if (abandonment.release == IntentRelease::kTwice) steps.push_back({SagaStep::Kind::kReleaseAgain, 0});
    effects.settlements.push_back({abandonment.id, std::move(steps), abandonment.reason});
  }
  return ports::EndAnswer{intent || abandonment.release != IntentRelease::kNone};
}

}  // namespace logistics::commands
