#pragma once

#include "logistics/ports/hold_ledger.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// Reads cost as much as there are open orders, not as there ever were. The pool outlives it.
class PostgresHoldLedger final : public ports::HoldLedger {
 public:
  explicit PostgresHoldLedger(SessionPool& pool) : pool_(pool) {}

  absl::StatusOr<ports::HoldSnapshot> Snapshot(std::optional<absl::Time> since,
                                               const ports::CallContext& context) override;
  absl::StatusOr<ports::SettledAgain> SettleAgain(const std::vector<domain::ProductId>& products,
                                                  absl::Duration made_within, int limit,
                                                  const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::RestockInDoubt>> RestocksInDoubt(int limit,
                                                                     const ports::CallContext& context) override;

 private:
  SessionPool& pool_;
};

}  // namespace logistics::storage
