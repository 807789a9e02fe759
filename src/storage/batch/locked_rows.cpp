#include "storage/batch/locked_rows.hpp"

#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// Of a row version with this xmax: whether its locker is one of those that pass. Sessions of other roles hide what they
// do, and shared locks have no single locker: neither passes.
#define LOGISTICS_LOCKER_PASSES(xmax, ms)                                                                \
  "EXISTS (SELECT 1 FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid "                           \
  "WHERE k.locktype = 'transactionid' AND k.granted AND k.transactionid = " xmax                         \
  " AND a.xact_start > clock_timestamp() - CASE WHEN a.wait_event_type = 'Lock' THEN 4 ELSE 1 END * " ms \
  "::bigint * interval '1 millisecond')"

constexpr Statement kFindLockedLevels = {
    "find_locked_levels",
    "WITH wanted AS MATERIALIZED (SELECT l.product_id, l.warehouse_id, l.xmax AS locker "
    "FROM unnest($1::uuid[], $2::uuid[]) AS k(product_id, warehouse_id) "
    "JOIN stock_levels l ON l.product_id = k.product_id AND l.warehouse_id = k.warehouse_id), "
    "free AS MATERIALIZED (SELECT l.product_id, l.warehouse_id "
    "FROM unnest($1::uuid[], $2::uuid[]) AS k(product_id, warehouse_id) "
    "CROSS JOIN LATERAL (SELECT * FROM stock_levels s WHERE s.product_id = k.product_id "
    "AND s.warehouse_id = k.warehouse_id FOR UPDATE SKIP LOCKED) l) "
    "SELECT w.product_id, w.warehouse_id, " LOGISTICS_LOCKER_PASSES(
        "w.locker", "$3") " FROM wanted w WHERE (w.product_id, w.warehouse_id) NOT IN (SELECT product_id, warehouse_id "
                          "FROM free)"};
constexpr Statement kFindLockedOrders = {
    "find_locked_orders",
    "WITH wanted AS MATERIALIZED (SELECT id, 'orders' AS kind, xmax AS locker FROM orders WHERE id = ANY($1::uuid[]) "
    "UNION ALL SELECT id, 'reservations', xmax FROM reservations WHERE id = ANY($1::uuid[])), "
    "free_orders AS MATERIALIZED (SELECT id FROM orders WHERE id = ANY($1::uuid[]) FOR UPDATE SKIP LOCKED), "
    "free_reservations AS MATERIALIZED "
    "(SELECT id FROM reservations WHERE id = ANY($1::uuid[]) FOR UPDATE SKIP LOCKED) "
    "SELECT w.id, " LOGISTICS_LOCKER_PASSES(
        "w.locker", "$2") " FROM wanted w WHERE CASE w.kind WHEN 'orders' THEN w.id NOT IN (SELECT id FROM "
                          "free_orders) ELSE w.id NOT IN (SELECT id FROM free_reservations) END"};
constexpr Statement kAwaitLevel = {
    "await_level", "SELECT 1 FROM stock_levels WHERE product_id = $1::uuid AND warehouse_id = $2::uuid FOR UPDATE"};
constexpr Statement kAwaitOrder = {"await_order", "SELECT 1 FROM orders WHERE id = $1::uuid FOR UPDATE"};
constexpr Statement kAwaitReservation = {"await_reservation",
                                         "SELECT 1 FROM reservations WHERE id = $1::uuid FOR UPDATE"};

// Between two messages of one statement a session is active and waits for its client.
constexpr Statement kEndStalledWriters = {
    "end_stalled_writers",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = current_user AND application_name = current_setting('application_name') "
    "AND pid <> pg_backend_pid() AND state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL "
    "AND state_change < clock_timestamp() - $1::bigint * interval '1 millisecond'"};

}  // namespace

LockedRows<domain::LevelKey> FindLockedLevels(PipelineSession& session, const std::set<domain::LevelKey>& levels,
                                              absl::Duration long_since) {
  LockedRows<domain::LevelKey> locked;
  if (levels.empty()) return locked;
  Columns columns(2);
  for (const domain::LevelKey& level : levels) columns.AddRow(level.product_id, level.warehouse_id);
  Params params;
  columns.AddTo(params);
  params.Add(absl::ToInt64Milliseconds(long_since));
  for (const Row& row : session.Execute(kFindLockedLevels, params)) {
    if (row[2].as<bool>()) {
      locked.passing = true;
    } else {
      locked.stuck.push_back({domain::ProductId(ReadUuid(row[0])), domain::WarehouseId(ReadUuid(row[1]))});
    }
  }
  return locked;
}

LockedRows<domain::OrderId> FindLockedOrders(PipelineSession& session, const std::vector<domain::OrderId>& ids,
                                             absl::Duration long_since) {
  LockedRows<domain::OrderId> locked;
  if (ids.empty()) return locked;
  ArrayParam wanted;
  for (const domain::OrderId& id : ids) wanted.Add(id);
  const Params params = Params().Add(wanted).Add(absl::ToInt64Milliseconds(long_since));
  for (const Row& row : session.Execute(kFindLockedOrders, params)) {
    if (row[1].as<bool>()) {
      locked.passing = true;
    } else {
      locked.stuck.emplace_back(ReadUuid(row[0]));
    }
  }
  return locked;
}

int EndStalledWriters(PipelineSession& session, absl::Duration stalled_for) {
  const Params params = Params().Add(absl::ToInt64Milliseconds(stalled_for));
  return session.Execute(kEndStalledWriters, params).size();
}

void AwaitLevel(PipelineSession& session, const domain::LevelKey& level) {
  session.Execute(kAwaitLevel, Params().Add(level.product_id.uuid()).Add(level.warehouse_id.uuid()));
}

void AwaitOrder(PipelineSession& session, const domain::OrderId& id) {
  session.Execute(kAwaitOrder, Params().Add(id.uuid()));
  session.Execute(kAwaitReservation, Params().Add(id.uuid()));
}

}  // namespace logistics::storage
