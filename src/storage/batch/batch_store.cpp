#include "storage/batch/payment_rows.hpp"
#include "storage/batch/settlement_rows.hpp"
#include "storage/batch/write_transaction.hpp"
#include "storage/rows/order_rows.hpp"
#include "storage/rows/reservation_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kFreeKeys = {
    "free_keys",
    "DELETE FROM idempotency_keys i USING unnest($1::uuid[], $2::text[]) AS k(customer_id, key) "
    "WHERE i.customer_id = k.customer_id AND i.key = k.key"};
constexpr Statement kUpdateLevels = {
    "update_levels",
    "UPDATE stock_levels l SET quantity = c.quantity, reserved = c.reserved, updated_at = $5::timestamptz "
    "FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS "
    "c(product_id, warehouse_id, quantity, reserved) "
    "WHERE l.product_id = c.product_id AND l.warehouse_id = c.warehouse_id"};
// Where another writer creates the same level at this moment the insert fails and the batch runs again.
constexpr Statement kInsertLevels = {
    "insert_levels",
    "INSERT INTO stock_levels (product_id, warehouse_id, quantity, reserved, updated_at) "
    "SELECT c.product_id, c.warehouse_id, c.quantity, c.reserved, $5::timestamptz "
    "FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS "
    "c(product_id, warehouse_id, quantity, reserved)"};
constexpr Statement kInsertMovements = {
    "insert_movements",
    "INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, "
    "quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at) "
    "SELECT $1::uuid, m.*, $13::timestamptz FROM unnest($2::integer[], $3::uuid[], $4::uuid[], $5::bigint[], "
    "$6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::uuid[], $11::text[], $12::text[]) AS m"};
constexpr Statement kInsertHistory = {
    "insert_history",
    "INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes, "
    "changed_at) SELECT $1::uuid, h.* FROM unnest($2::uuid[], $3::bigint[], $4::order_status[], $5::order_status[], "
    "$6::text[], $7::text[], $8::timestamptz[]) AS h"};
constexpr Statement kInsertOutbox = {
    "insert_outbox",
    "INSERT INTO outbox (batch_id, ordinal, message_id, stream, routing_key, event_type, body, order_id, product_id, "
    "correlation_id, traceparent) SELECT $1::uuid, e.* FROM unnest($2::integer[], $3::uuid[], $4::text[], "
    "$5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::text[], $11::text[]) AS e"};
constexpr Statement kClaimBatch = {
    "claim_batch",
    "INSERT INTO commits (batch_id, number, committed_at) VALUES ($1::uuid, NULL, clock_timestamp()) "
    "ON CONFLICT (batch_id) DO NOTHING RETURNING batch_id"};
constexpr Statement kReadCommit = {"read_commit", "SELECT number IS NOT NULL FROM commits WHERE batch_id = $1::uuid"};

}  // namespace

void WriteTransaction::Store(const BatchEffects& effects, const domain::Uuid& batch_id) {
  StatementGroup group;
  FreeKeys(group, effects);
  InsertOrders(group, effects.new_orders);
  UpdateOrders(group, effects.changed_orders);
  InsertReservations(group, effects.new_reservations);
  UpdateReservations(group, effects.changed_reservations);
  StoreIntents(group, effects.intents);
  StoreSettlements(group, effects.settlements);
  StorePayments(group, effects);
  StoreMessages(group, effects);
  StoreLevels(group, effects);
  StoreMovements(group, effects, batch_id);
  StoreHistory(group, effects, batch_id);
  StoreOutbox(group, effects, batch_id);
  group.Run(session_);
}

void WriteTransaction::FreeKeys(StatementGroup& group, const BatchEffects& effects) {
  Columns columns(2);
  for (const PendingWrite* item : effects.unused_keys) {
    const domain::NewOrder* order = KeyClaimant(item->command);
    if (order != nullptr) columns.AddRow(order->order.customer_id, order->idempotency_key);
  }
  if (columns.empty()) return;
  Params params;
  columns.AddTo(params);
  group.Add(kFreeKeys, params);
}

void WriteTransaction::StoreLevels(StatementGroup& group, const BatchEffects& effects) {
  Columns updated(4);
  Columns created(4);
  for (const domain::StockBook::Changed& change : effects.levels) {
    (change.created ? created : updated)
        .AddRow(change.key.product_id, change.key.warehouse_id, change.level.quantity, change.level.reserved);
  }
  if (!updated.empty()) {
    Params params;
    updated.AddTo(params);
    group.Add(kUpdateLevels, params.Add(effects.now));
  }
  if (!created.empty()) {
    Params params;
    created.AddTo(params);
    group.Add(kInsertLevels, params.Add(effects.now));
  }
}

void WriteTransaction::StoreMovements(StatementGroup& group, const BatchEffects& effects,
                                      const domain::Uuid& batch_id) {
  if (effects.movements.empty()) return;
  Columns columns(11);
  for (const BatchEffects::MovementRow& row : effects.movements) {
    const domain::StockMovement& movement = row.movement;
    columns.AddRow(static_cast<std::int64_t>(columns.rows()), movement.key.product_id, movement.key.warehouse_id,
                   movement.quantity_delta, movement.reserved_delta, movement.quantity_after, movement.reserved_after,
                   domain::MovementCauseName(movement.cause), row.reservation_id, row.reason, row.reference);
  }
  Params params;
  params.Add(batch_id);
  columns.AddTo(params);
  group.Add(kInsertMovements, params.Add(effects.now));
}

void WriteTransaction::StoreHistory(StatementGroup& group, const BatchEffects& effects, const domain::Uuid& batch_id) {
  if (effects.history.empty()) return;
  Columns columns(7);
  for (const BatchEffects::HistoryRow& row : effects.history) {
    const auto previous = row.previous ? std::optional(domain::OrderStatusKey(*row.previous)) : std::nullopt;
    columns.AddRow(row.order_id, row.version, previous, domain::OrderStatusKey(row.status), row.changed_by, row.notes,
                   row.at);
  }
  Params params;
  params.Add(batch_id);
  columns.AddTo(params);
  group.Add(kInsertHistory, params);
}

void WriteTransaction::StoreOutbox(StatementGroup& group, const BatchEffects& effects, const domain::Uuid& batch_id) {
  if (effects.outbox.empty()) return;
  Columns columns(10);
  for (const BatchEffects::OutboxRow& row : effects.outbox) {
    const domain::OrderingKey key = domain::OrderingKeyOf(row.event.data);
    columns.AddRow(static_cast<std::int64_t>(columns.rows()), row.event.id,
                   domain::EventStreamName(domain::StreamOf(row.event.data)), domain::RoutingKey(row.event.data),
                   domain::EventType(row.event.data), encoder_.Encode(row.event), key.order_id, key.product_id,
                   row.cause->context.correlation_id, row.cause->context.traceparent);
  }
  Params params;
  params.Add(batch_id);
  columns.AddTo(params);
  group.Add(kInsertOutbox, params);
}

void WriteTransaction::Commit(const domain::Uuid& batch_id) {
  session_.Script(
      "WITH next AS (UPDATE change_counter SET value = value + 1 RETURNING value) "
      "INSERT INTO commits (batch_id, number, committed_at) SELECT '" +
      batch_id.ToString() + "', value, clock_timestamp() FROM next; COMMIT");
}

bool WriteTransaction::WasCommitted(Session& session, const domain::Uuid& batch_id) {
  const Params params = Params().Add(batch_id);
  if (!session.Execute(kClaimBatch, params).empty()) return false;
  // The row is there: by the lost transaction, or by an earlier question of ours whose own answer was lost.
  return session.Execute(kReadCommit, params)[0][0].as<bool>();
}

}  // namespace logistics::storage
