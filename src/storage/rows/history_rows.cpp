#include "storage/rows/history_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kInsertHistory = {
    "insert_history",
    "INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes, "
    "changed_at) SELECT $1::uuid, h.* FROM unnest($2::uuid[], $3::bigint[], $4::text[]::order_status[], "
    "$5::text[]::order_status[], $6::text[], $7::text[], $8::timestamptz[]) AS h"};

}  // namespace

void InsertHistory(StatementGroup& group, std::span<const commands::HistoryRow> history, const domain::Uuid& batch_id) {
  if (history.empty()) return;
  Columns columns(7);
  for (const commands::HistoryRow& row : history) {
    const auto previous = row.previous ? std::optional(domain::OrderStatusKey(*row.previous)) : std::nullopt;
    columns.AddRow(row.order_id, row.version, previous, domain::OrderStatusKey(row.status), row.changed_by, row.notes,
                   row.at);
  }
  Params params;
  params.Add(batch_id);
  columns.AddTo(params);
  group.Add(kInsertHistory, std::move(params));
}

}  // namespace logistics::storage
