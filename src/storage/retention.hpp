#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/time/clock.h"
#include "logistics/ports/metrics.hpp"
#include "storage/coordination/leased_task.hpp"

namespace logistics::storage {

// Deletes rows older than options.retention says, every options.sweep_interval, on one replica at a time. It goes in
// bounded statements and rests between them as long as they took. Ages are by Postgres' clock, but for payments, whose
// recorded_at is by the writing replica's (ADR 12).
//
// It deletes
// - the rows of order_status_history and stock_movements in the order of their commits, and commits themselves up to
//   the first that is too young, not published, or still has rows that retention is to delete. The newest commit stays,
//   and so does the last of those, which tokens of a quiet time name;
// - payments of cancelled and returned orders, for which each later payment is refused anyway (docs/operations.md says
//   what their ids do not keep out any more);
// - ended reservations whose order is cancelled or returned, or which have none, and which no settlement, restock in
//   doubt, refused restock or claimed key names.
// A crash loses nothing: each statement is whole, and the next run goes on.
class Retention {
 public:
  // `metrics` outlives it.
  Retention(const DatabaseOptions& options, const domain::Uuid& replica_id, ports::Metrics& metrics);
  ~Retention() { stopping_ = true; }
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

 private:
  // What one statement did. `more`: the next one may find more.
  struct Step {
    std::int64_t deleted = 0;
    bool more = false;
  };

  // A turn: all tables, to their end.
  void Run(Session& session);
  // Repeats `step` to its end. False: the daemon stops, or another replica has the lease.
  bool Clear(Session& session, const char* table, absl::Duration age, const std::function<Step()>& step);
  Step DeleteByCommits(Session& session, const Statement& statement, absl::Duration age, std::int64_t up_to);
  Step DeletePayments(Session& session);
  Step DeleteReservations(Session& session);

  const RetentionOptions ages_;
  const domain::Uuid replica_id_;
  ports::Metrics& metrics_;
  static constexpr std::int64_t kCommitsMax = 200;
  std::int64_t commits_max_ = kCommitsMax;  // whose rows one statement deletes: fewer after a failure
  // Where the walks over rows that stay have come to: they begin anew after a day, and with the process.
  absl::Time walks_begun_ = absl::Now();
  std::int64_t payments_after_ = 0;
  std::int64_t reservations_after_micros_ = 0;
  domain::Uuid reservations_after_id_;
  std::atomic<bool> stopping_ = false;
  LeasedTask task_;  // last: it works with the rest
};

}  // namespace logistics::storage
