#pragma once

#include <chrono>

#include "logistics/base/log_limiter.hpp"
#include "logistics/base/periodic_task.hpp"
#include "logistics/ports/metrics.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// Measures the outbox for the metrics, on a thread and a session of its own, so that a slow or failed measurement never
// holds up the relay. Depth and age come from positions and from the oldest commit alone: they cost the same whatever
// waits. Begins with its construction; `metrics` outlives it.
class OutboxStatistics {
 public:
  OutboxStatistics(const DatabaseOptions& options, ports::Metrics& metrics);
  OutboxStatistics(const OutboxStatistics&) = delete;
  OutboxStatistics& operator=(const OutboxStatistics&) = delete;

 private:
  void Measure();

  SessionSlot session_;
  base::LogLimiter failures_{std::chrono::minutes(1)};
  ports::Gauge& depth_;
  ports::Gauge& quarantined_;
  ports::Gauge& unknown_;
  ports::Gauge& oldest_seconds_;
  base::PeriodicTask task_;  // last: it works with the rest
};

}  // namespace logistics::storage
