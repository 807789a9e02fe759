#pragma once

#include "logistics/ports/reservation_ledger.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// The cost of a read grows with the open orders, not with all orders ever. The pool outlives it.
class PostgresReservationLedger final : public ports::ReservationLedger {
 public:
  explicit PostgresReservationLedger(SessionPool& pool) : pool_(pool) {}

  absl::StatusOr<ports::ReservationSnapshot> Snapshot(std::optional<absl::Time> since,
                                                      const ports::CallContext& context) override;
  absl::StatusOr<ports::Requeued> Requeue(const std::vector<domain::ProductId>& products, absl::Duration made_within,
                                          int limit, const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::RestockInDoubt>> RestocksInDoubt(int limit,
                                                                     const ports::CallContext& context) override;

 private:
  SessionPool& pool_;
};

}  // namespace logistics::storage
