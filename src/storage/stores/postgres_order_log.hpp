#pragma once

#include "logistics/ports/order_log.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// The history of orders in the one order of commits. Each call is one read of some milliseconds, because other reads
// wait for the same sessions. The pool outlives it.
class PostgresOrderLog final : public ports::OrderLog {
 public:
  explicit PostgresOrderLog(SessionPool& pool) : pool_(pool) {}

  absl::StatusOr<ports::LogHead> Head(const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderChanges> ReadAfter(const ports::OrderScope& scope, const ports::LogPlace& place, int limit,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderStates> States(const ports::OrderScope& scope,
                                            const std::optional<ports::OrderStates::After>& after, int limit,
                                            const ports::CallContext& context) override;
  absl::StatusOr<std::optional<absl::Time>> CommittedAt(std::int64_t number,
                                                        const ports::CallContext& context) override;
  absl::StatusOr<std::int64_t> NumberBefore(absl::Time time, std::int64_t number,
                                            const ports::CallContext& context) override;

 private:
  SessionPool& pool_;
};

}  // namespace logistics::storage
