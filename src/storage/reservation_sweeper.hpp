#pragma once

#include <atomic>
#include <cstddef>
#include <span>

#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/metrics.hpp"
#include "storage/coordination/leased_task.hpp"
#include "storage/stores/postgres_order_store.hpp"

namespace logistics::storage {

// Expires reservations older than options.reservation_ttl, by Postgres' clock, on one replica at a time, as
// domain::DecideExpiry says. The look takes no lock; a command in the batcher decides each reservation again under one.
// So a sweep that is cut off, or runs twice at once, releases nothing twice and nothing that was paid meanwhile.
// Metric: logistics_reservations_expired_total. References outlive it.
class ReservationSweeper {
 public:
  ReservationSweeper(const DatabaseOptions& options, const domain::Uuid& replica_id, WriteBatcher& writes,
                     ports::IdGenerator& ids, ports::Metrics& metrics);
  // Ends after the commands in flight.
  ~ReservationSweeper() { stopping_ = true; }
  ReservationSweeper(const ReservationSweeper&) = delete;
  ReservationSweeper& operator=(const ReservationSweeper&) = delete;

 private:
  struct PageOutcome {
    std::size_t tried = 0;
    int expired = 0;
    int failed = 0;
  };
  void Sweep(Session& session);
  // Ends early after many failures.
  PageOutcome ExpireSome(std::span<const domain::Uuid> page);

  const absl::Duration ttl_;
  const domain::Uuid replica_id_;
  WriteBatcher& writes_;
  ports::IdGenerator& ids_;
  ports::Counter& expired_;
  std::atomic<bool> stopping_ = false;
  LeasedTask task_;  // last: it works with the rest
};

}  // namespace logistics::storage
