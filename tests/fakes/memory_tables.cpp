#include "fakes/memory_tables.hpp"

#include <algorithm>
#include <iterator>

namespace logistics::fakes {

std::vector<absl::StatusOr<commands::Result>> MemoryTables::RunBatch(const std::vector<commands::Command>& batch,
                                                                     const commands::Cause& cause) {
  std::vector<commands::Item> items;
  items.reserve(batch.size());
  for (const commands::Command& command : batch) items.emplace_back(command, cause);
  commands::State state = Load(items);
  commands::Decision decision = commands::Decide(items, state, policy_, ids_, Now());
  for (const std::size_t index : decision.unused_keys) {
    if (const auto& key = items[index].needs.key) keys.erase({key->customer_id, key->key});
    if (const auto& product = items[index].needs.new_product) skus.erase(product->sku);
    if (const auto& claim = items[index].needs.adjustment) adjustments.erase(claim->request_id);
  }
  if (!decision.effects.empty()) Apply(std::move(decision.effects));
  return std::move(decision.outcomes);
}

commands::State MemoryTables::Load(const std::vector<commands::Item>& items) {
  commands::State state;
  for (const auto& [id, product] : products) state.LoadProduct({id, product.sku});
  for (std::size_t i = 0; i < items.size(); ++i) {
    const commands::Needs& needs = items[i].needs;
    if (needs.key || needs.new_product || needs.adjustment) state.LoadClaim(i, Claim(needs));
    if (needs.message) state.LoadMessage(i, Look(*needs.message));
    if (!needs.order) continue;
    if (const auto order = orders.find(*needs.order); order != orders.end()) state.LoadOrder(order->second);
    const auto reservation = reservations.find(needs.order->uuid());
    if (reservation != reservations.end()) state.LoadReservation(reservation->second.reservation);
  }
  for (const commands::Item& item : items) {
    for (const domain::LevelKey& key : commands::StockNeedsOf(item.command, state).levels) {
      if (const auto level = levels.find(key); level != levels.end()) state.LoadLevel(key, level->second.level);
    }
  }
  return state;
}

commands::ClaimState MemoryTables::Claim(const commands::Needs& needs) {
  using commands::Claim;
  if (needs.new_product) {
    const bool won = skus.emplace(needs.new_product->sku, needs.new_product->id).second;
    return {won ? Claim::kWon : Claim::kLostOther, std::nullopt};
  }
  if (needs.adjustment) {
    const commands::AdjustmentClaim& wanted = *needs.adjustment;
    const auto [claim, won] = adjustments.try_emplace(wanted.request_id, wanted);
    if (won) return {Claim::kWon, std::nullopt};
    const bool same = claim->second.level == wanted.level && claim->second.delta == wanted.delta;
    return {same ? Claim::kLostSame : Claim::kLostOther, std::nullopt};
  }
  const auto [key, won] = keys.try_emplace({needs.key->customer_id, needs.key->key},
                                           KeyedOrder{needs.key->fingerprint, needs.key->order_id});
  if (won) return {Claim::kWon, std::nullopt};
  if (key->second.fingerprint != needs.key->fingerprint) return {Claim::kLostOther, std::nullopt};
  const auto made = orders.find(key->second.order_id);
  if (made == orders.end()) return {Claim::kLostGone, std::nullopt};
  return {Claim::kLostSame, made->second};
}

commands::MessageState MemoryTables::Look(const commands::MessageNeed& message) const {
  commands::MessageState state = inbox.Look(message.consumer, message.message_id, message.order_id);
  std::copy_if(payments.begin(), payments.end(), std::back_inserter(state.recorded), [&](const auto& payment) {
    return payment.order_id == message.order_id || (payment.payment_id && payment.payment_id == message.payment_id);
  });
  return state;
}

void MemoryTables::AddSteps(const domain::Uuid& reservation, const std::vector<domain::SagaStep>& steps,
                            const std::string& reason) {
  const auto [row, created] = settlements.try_emplace(reservation);
  if (created) {
    row->second.reason = reason;
    row->second.due_at = row->second.created_at = clock_.Now();
  }
  row->second.steps.insert(row->second.steps.end(), steps.begin(), steps.end());
}

void MemoryTables::Apply(commands::Effects effects) {
  auto& [new_orders, changed_orders, new_reservations, changed_reservations, history_rows, movement_rows, outbox,
         new_products, changed_levels, claimed_keys, completed_intents, abandoned_intents, settlement_rows, refused,
         payment_rows, done_messages, no_longer_waiting] = effects;
  refused_restocks.insert(refused_restocks.end(), refused.begin(), refused.end());
  const absl::Time now = Now();
  ++commits;
  for (domain::Order& order : new_orders) orders.insert_or_assign(order.id, order);
  for (domain::Order& order : changed_orders) orders.insert_or_assign(order.id, order);
  for (domain::Reservation& made : new_reservations) reservations[made.id] = {made, now};
  for (domain::Reservation& changed : changed_reservations) reservations.at(changed.id).reservation = changed;
  for (const commands::HistoryRow& row : history_rows) {
    history[row.order_id].push_back({row.version, row.previous, row.status, row.changed_by, row.notes});
  }
  for (const auto& [key, changed] : changed_levels) levels[key] = {changed.level, now};
  for (const commands::MovementRow& row : movement_rows) {
    const domain::StockMovement& movement = row.movement;
    movements.push_back(movement);
    stock_changes.push_back(
        {commits, ids_.NewId(), {movement.key, {movement.quantity_after, movement.reserved_after}, now}});
  }
  for (commands::OutboxRow& row : outbox) events.push_back(std::move(row.event));
  for (domain::Product& product : new_products) products.emplace(product.id, product);
  for (const commands::IntentKey& key : claimed_keys) intent_keys[key.reservation_id] = {key.customer_id, key.key};
  for (const domain::Uuid& id : completed_intents) intent_keys.erase(id);
  for (const domain::Uuid& id : abandoned_intents) {
    if (const auto key = intent_keys.find(id); key != intent_keys.end()) {
      keys.erase(key->second);
      intent_keys.erase(key);
    }
  }
  for (const commands::SettlementRow& row : settlement_rows) AddSteps(row.reservation_id, row.steps, row.reason);
  for (const commands::PaymentRow& row : payment_rows) {
    payments.push_back({row.notice.order_id, row.notice.outcome, row.notice.payment_id});
  }
  for (const commands::DoneMessage& done : done_messages) inbox.MarkDone(done.consumer, done.message_id);
  for (const std::int64_t id : no_longer_waiting) inbox.Forget(id);
}

}  // namespace logistics::fakes
