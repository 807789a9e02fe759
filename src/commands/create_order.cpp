#include "logistics/commands/create_order.hpp"

#include <utility>
#include <vector>

#include "commands/claims.hpp"
#include "commands/order_effects.hpp"
#include "commands/stock_effects.hpp"

namespace logistics::commands {

Needs NeedsOf(const CreateOrder& command) {
  Needs needs = NeedsOfNewOrder(command.order);
  AddProducts(command.order.order.lines, needs);
  return needs;
}

StockNeeds StockNeedsOf(const CreateOrder& command, const State& state) {
  return LevelsOf(command.order.order.lines, command.order.order.warehouse_id, state);
}

absl::StatusOr<domain::Order> Execute(const CreateOrder& command, State& state, Effects& effects,
                                      const Context& context) {
  if (const ClaimState* claim = state.FindClaim(context.index)) {
    if (claim->claim == Claim::kLostSame) return *claim->existing;
    if (claim->claim != Claim::kWon) return LostKey(claim->claim, command.order);
    if (absl::Status named = CheckNewName("idempotency_key", command.order.idempotency_key); !named.ok()) return named;
  }
  domain::Order order = command.order.order;
  const absl::Status resolved = domain::ResolveProducts(
      order.lines, [&](const domain::OrderLine& line) { return state.FindProduct(line.product_id, line.sku); });
  if (!resolved.ok()) return resolved;

  domain::Reservation reservation{order.id.uuid(), order.warehouse_id, domain::ReservationState::kHeld,
                                  domain::SumByProduct(order.lines)};
  std::vector<domain::StockMovement> movements;
  const auto shortages = state.stock().Reserve(order.warehouse_id, reservation.items, movements);
  if (!shortages.empty()) return domain::ShortStockError(shortages);
  RecordMovements(movements, reservation.id, "", effects);

  absl::StatusOr<domain::Order> added = AddOrder(std::move(order), reservation, state, effects, context);
  if (!added.ok()) return added;
  state.Put(reservation);
  effects.new_reservations.push_back(std::move(reservation));
  return added;
}

}  // namespace logistics::commands
