#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {

domain::NewOrder CommandTest::OrderOf(const std::vector<std::pair<domain::ProductId, std::int32_t>>& lines,
                                      const std::string& key, bool paid) {
  domain::OrderDraft draft;
  draft.customer_id = customer_.ToString();
  draft.idempotency_key = key;
  for (const auto& [product, quantity] : lines) draft.lines.push_back({product.ToString(), "", "", quantity, 1.0, 0});
  if (paid) {
    draft.payment.emplace();
    draft.payment->info.payment_method = "card";
    draft.payment->info.transaction_id = "tx-1";
    draft.payment->info.is_paid = true;
  }
  return fakes::Priced(draft, warehouse_, ids_);
}

domain::Order CommandTest::Stored(const std::vector<std::pair<domain::ProductId, std::int32_t>>& lines,
                                  domain::OrderStatus status, domain::ReservationState reservation) {
  domain::Order order = OrderOf(lines).order;
  for (domain::OrderLine& line : order.lines) line.sku = state_.FindProduct(*line.product_id)->sku;
  order.status = status;
  order.created_at = order.updated_at = now_ - absl::Hours(1);
  state_.LoadReservation({order.id.uuid(), warehouse_, reservation, domain::SumByProduct(order.lines)});
  state_.LoadOrder(order);
  return order;
}

domain::Uuid CommandTest::External(const domain::ProductId& product, domain::ReservationState state) {
  const domain::Uuid id = ids_.NewId();
  state_.LoadReservation({id, warehouse_, state, {{product, state_.FindProduct(product)->sku, 2}}});
  return id;
}

std::vector<std::string> CommandTest::EventTypes() const {
  std::vector<std::string> types;
  for (const OutboxRow& row : effects_.outbox) types.emplace_back(domain::EventType(row.event.data));
  return types;
}

}  // namespace logistics::commands
