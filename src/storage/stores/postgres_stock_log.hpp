#pragma once

#include "logistics/ports/stock_log.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// The movement ledger in the one order of commits. The pool outlives it.
class PostgresStockLog final : public ports::StockLog {
 public:
  explicit PostgresStockLog(SessionPool& pool) : pool_(pool) {}

  absl::StatusOr<ports::StockSnapshot> Snapshot(const ports::StockScope& scope,
                                                const std::optional<domain::LevelKey>& after, int limit,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::StockChanges> ReadAfter(std::int64_t position, int commits_max,
                                                const ports::CallContext& context) override;

 private:
  SessionPool& pool_;
};

}  // namespace logistics::storage
