#include "logistics/commands/open_intent.hpp"

#include <utility>

#include "commands/claims.hpp"
#include "commands/order_effects.hpp"

namespace logistics::commands {

using ports::IntentAnswer;

// Whoever gives the intent up waits for its opening.
Needs NeedsOf(const OpenIntent& command) {
  Needs needs = NeedsOfNewOrder(command.order);
  needs.conflict_keys.push_back(OrderConflict(command.order.order.id));
  return needs;
}

StockNeeds StockNeedsOf(const OpenIntent& /*command*/, const State& /*state*/) { return {}; }

absl::StatusOr<IntentAnswer> Execute(const OpenIntent& command, State& state, Effects& effects,
                                     const Context& context) {
  const domain::Order& order = command.order.order;
  if (const ClaimState* claim = state.FindClaim(context.index)) {
    switch (claim->claim) {
      case Claim::kLostSame:
        return IntentAnswer{IntentAnswer::Outcome::kExists, *claim->existing};
      case Claim::kLostGone:
        return IntentAnswer{IntentAnswer::Outcome::kPending, std::nullopt};
      case Claim::kLostOther:
        return LostKey(claim->claim, command.order);
      case Claim::kWon:
        if (absl::Status named = CheckNewName("idempotency_key", command.order.idempotency_key); !named.ok()) {
          return named;
        }
        effects.claimed_intent_keys.push_back({order.id.uuid(), order.customer_id, command.order.idempotency_key});
        break;
    }
  }
  domain::Reservation reservation{order.id.uuid(), order.warehouse_id, domain::ReservationState::kIntent,
                                  domain::SumByProduct(order.lines), domain::StockKeeper::kPeer};
  state.Put(reservation);
  effects.new_reservations.push_back(std::move(reservation));
  return IntentAnswer{IntentAnswer::Outcome::kOpened, std::nullopt};
}

}  // namespace logistics::commands
