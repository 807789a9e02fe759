#include "commands/order_effects.hpp"

#include <algorithm>
#include <utility>

#include "commands/stock_effects.hpp"
#include "logistics/domain/payment.hpp"

namespace logistics::commands {
namespace {

void RecordPaymentAtCreation(domain::Order& order, Effects& effects, const Context& context) {
  std::optional<domain::PaymentNotice> payment = domain::PaymentAtCreation(order);
  if (!payment) return;
  effects.payments.push_back({*std::move(payment), order.total_minor, order.currency, std::nullopt});
  SetStatus(order, domain::OrderStatus::kProcessing, "", domain::kPaidAtCreation, effects, context);
}

}  // namespace

void Emit(Effects& effects, const Context& context, domain::EventData data) {
  effects.outbox.push_back({{context.ids.NewId(), context.now, std::move(data)}, context.cause});
}

Needs NeedsOfNewOrder(const domain::NewOrder& order) {
  Needs needs;
  if (!order.idempotency_key.empty()) {
    needs.conflict_keys.push_back(IdempotencyConflict(order.order.customer_id, order.idempotency_key));
    needs.key = {order.order.customer_id, order.idempotency_key, order.order.id, order.fingerprint};
  }
  return needs;
}

absl::StatusOr<domain::Order> AddOrder(domain::Order order, domain::Reservation& reservation, State& state,
                                       Effects& effects, const Context& context) {
  order.created_at = context.now;
  order.updated_at = context.now;
  effects.history.push_back({order.id, order.version, std::nullopt, order.status, "", order.notes, context.now});
  Emit(effects, context,
       domain::OrderCreated{order.id, order.customer_id, domain::DecimalString(order.total_minor, order.currency),
                            static_cast<std::int32_t>(order.lines.size())});
  Emit(effects, context,
       domain::InventoryReserved{order.id.ToString(), order.id, reservation.items, order.warehouse_id});
  if (context.policy.commit_on == domain::CommitOn::kCreated) {
    const absl::Status moved = MoveOrderStock(reservation, domain::StockAction::kCommit, state, effects, context);
    if (!moved.ok()) return moved;
  }
  RecordPaymentAtCreation(order, effects, context);
  effects.new_orders.push_back(order);
  state.Put(order);
  return order;
}

void SetStatus(domain::Order& order, domain::OrderStatus status, const std::string& changed_by,
               const std::string& notes, Effects& effects, const Context& context) {
  const domain::OrderStatus previous = order.status;
  order.status = status;
  order.version += 1;
  order.updated_at = std::max(context.now, order.updated_at);
  effects.history.push_back({order.id, order.version, previous, order.status, changed_by, notes, order.updated_at});
  Emit(effects, context, domain::OrderStatusChanged{order.id, previous, order.status, changed_by, notes});
}

}  // namespace logistics::commands
