#include "logistics/commands/change_status.hpp"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "commands/order_effects.hpp"
#include "commands/stock_effects.hpp"

namespace logistics::commands {

Needs NeedsOf(const ChangeStatus& command) { return NeedsOfOrder(command.change.order_id); }

StockNeeds StockNeedsOf(const ChangeStatus& command, const State& state) {
  return LevelsOfReservation(command.change.order_id, state);
}

absl::StatusOr<domain::Order> Execute(const ChangeStatus& command, State& state, Effects& effects,
                                      const Context& context) {
  const domain::StatusChange& change = command.change;
  const domain::Order* found = state.FindOrder(change.order_id);
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrCat("order ", change.order_id.ToString(), " does not exist"));
  }
  domain::Order order = *found;
  const domain::Reservation* stored = state.FindReservation(change.order_id);
  std::optional<domain::Reservation> reservation = stored == nullptr ? std::nullopt : std::optional(*stored);
  const auto decision = domain::DecideChange(order, reservation, change, context.policy);
  if (!decision.ok()) return decision.status();
  if (!decision->changes) return order;

  SetStatus(order, change.new_status, change.changed_by, change.notes, effects, context);
  if (order.status == domain::OrderStatus::kCancelled) {
    Emit(effects, context, domain::OrderCancelled{order.id, change.notes, change.changed_by});
  }
  if (decision->stock != domain::StockAction::kNone) {
    const absl::Status moved = MoveOrderStock(*reservation, decision->stock, state, effects, context);
    if (!moved.ok()) return moved;
    if (decision->stock == domain::StockAction::kRelease) {
      Emit(effects, context, domain::InventoryReleased{order.id.ToString(), order.id, change.notes});
    }
    state.Put(*reservation);
    effects.changed_reservations.push_back(*std::move(reservation));
  }
  state.Put(order);
  effects.changed_orders.push_back(order);
  return order;
}

}  // namespace logistics::commands
