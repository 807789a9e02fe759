#include "storage/stores/postgres_stock_log.hpp"

#include "storage/rows/change_log.hpp"
#include "storage/rows/level_rows.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// A commit without movements is a row too: the position moves on over it. OFFSET 0 keeps the planner from a join over
// all movements.
constexpr Statement kReadStockAfter = {
    "stock_log_read",
    "WITH page AS (SELECT number, batch_id FROM commits WHERE number > $1::bigint ORDER BY number LIMIT $2::integer) "
    "SELECT p.number, p.batch_id, m.ordinal, m.product_id, m.warehouse_id, m.quantity_after, m.reserved_after, "
    "(extract(epoch from m.created_at) * 1000000)::bigint FROM page p "
    "LEFT JOIN LATERAL (SELECT * FROM stock_movements WHERE batch_id = p.batch_id OFFSET 0) m ON true "
    "ORDER BY p.number, m.ordinal"};

}  // namespace

absl::StatusOr<ports::StockSnapshot> PostgresStockLog::Snapshot(const ports::StockScope& scope,
                                                                const std::optional<domain::LevelKey>& after, int limit,
                                                                const ports::CallContext& context) {
  // The pool reads in one snapshot, whose counter is that of the snapshot's last commit.
  return pool_.Read(context.deadline, [&](Session& session) {
    ports::StockSnapshot page{ReadLogHead(session), ReadLevelsAfter(session, scope, after, limit + 1), std::nullopt};
    if (std::ssize(page.levels) > limit) {
      page.levels.pop_back();
      page.next = page.levels.back().key;
    }
    return page;
  });
}

absl::StatusOr<ports::StockChanges> PostgresStockLog::ReadAfter(std::int64_t position, int commits_max,
                                                                const ports::CallContext& context) {
  return pool_.Read(context.deadline, [&](Session& session) {
    ports::StockChanges page{ReadLogHead(session), position, {}, false};
    int commits = 0;
    for (const pqxx::row& row :
         session.Execute(kReadStockAfter, Params().Add(position).Add(std::int64_t{commits_max}))) {
      const auto number = row[0].as<std::int64_t>();
      if (number != page.position) ++commits;
      page.position = number;
      if (row[2].is_null()) continue;
      page.changes.push_back({number,
                              DerivedId(ReadUuid(row[1]), row[2].as<std::uint32_t>()),
                              {{domain::ProductId(ReadUuid(row[3])), domain::WarehouseId(ReadUuid(row[4]))},
                               {row[5].as<std::int64_t>(), row[6].as<std::int64_t>()},
                               absl::FromUnixMicros(row[7].as<std::int64_t>())}});
    }
    page.more = commits == commits_max;
    return page;
  });
}

}  // namespace logistics::storage
