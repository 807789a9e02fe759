#include "storage/rows/settlement_rows.hpp"

#include "storage/params/array_literal.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kInsertIntentKeys = {"insert_intent_keys",
                                         "INSERT INTO intent_keys (reservation_id, customer_id, key) "
                                         "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])"};
constexpr Statement kForgetIntentKeys = {"forget_intent_keys",
                                         "DELETE FROM intent_keys WHERE reservation_id = ANY($1::uuid[])"};
constexpr Statement kFreeIntentKeys = {"free_intent_keys",
                                       "WITH taken AS (DELETE FROM intent_keys WHERE reservation_id = ANY($1::uuid[]) "
                                       "RETURNING reservation_id, customer_id, key) "
                                       "DELETE FROM idempotency_keys i USING taken k "
                                       "WHERE i.customer_id = k.customer_id AND i.key = k.key "
                                       "AND i.order_id = k.reservation_id"};
// A row that is there has steps that come first.
constexpr Statement kAddSettlements = {
    "add_settlements",
    "INSERT INTO settlements AS s (reservation_id, steps, reason, due_at) "
    "SELECT n.id, n.steps::text[], n.reason, now() FROM unnest($1::uuid[], $2::text[], $3::text[]) AS "
    "n(id, steps, reason) ORDER BY n.id "
    "ON CONFLICT (reservation_id) DO UPDATE SET steps = s.steps || EXCLUDED.steps"};

constexpr Statement kAddRefusedRestocks = {
    "add_refused_restocks",
    "INSERT INTO restocks_refused (reservation_id, product_id, warehouse_id, sku, quantity, reason) "
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::text[])"};

Params IdsOf(std::span<const domain::Uuid> ids) {
  ArrayParam array;
  for (const domain::Uuid& id : ids) array.Add(id);
  return Params().Add(array);
}

}  // namespace

void StoreIntentKeys(StatementGroup& group, std::span<const commands::IntentKey> claimed,
                     std::span<const domain::Uuid> completed, std::span<const domain::Uuid> abandoned) {
  if (!claimed.empty()) {
    Columns columns(3);
    for (const auto& key : claimed) columns.AddRow(key.reservation_id, key.customer_id, key.key);
    Params params;
    columns.AddTo(params);
    group.Add(kInsertIntentKeys, std::move(params));
  }
  if (!completed.empty()) group.Add(kForgetIntentKeys, IdsOf(completed));
  if (!abandoned.empty()) group.Add(kFreeIntentKeys, IdsOf(abandoned));
}

void StoreSettlements(StatementGroup& group, std::span<const commands::SettlementRow> settlements) {
  if (settlements.empty()) return;
  Columns columns(3);
  for (const commands::SettlementRow& row : settlements) {
    ArrayLiteral steps;
    for (const domain::SagaStep& step : row.steps) steps.Add(domain::SagaStepName(step));
    columns.AddRow(row.reservation_id, steps.ToString(), row.reason);
  }
  Params params;
  columns.AddTo(params);
  group.Add(kAddSettlements, std::move(params));
}

void StoreRefusedRestocks(StatementGroup& group, std::span<const commands::RefusedRestock> restocks) {
  if (restocks.empty()) return;
  Columns columns(6);
  for (const commands::RefusedRestock& row : restocks) {
    columns.AddRow(row.reservation_id, row.level.product_id, row.level.warehouse_id, row.sku, row.quantity, row.reason);
  }
  Params params;
  columns.AddTo(params);
  group.Add(kAddRefusedRestocks, params);
}

}  // namespace logistics::storage
