#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/ports/metrics.hpp"

namespace logistics::rpc {

// Counts the unary calls that run, and admits calls_max of them. Thread-safe; entering and leaving take no lock.
class Admission {
 public:
  // Counts in the gauge logistics_rpc_in_flight. `metrics` outlives this.
  Admission(int calls_max, ports::Metrics& metrics);

  // Calls enter from now on.
  void Open() { started_.store(true); }
  // UNAVAILABLE with a retry hint before Open.
  absl::Status CheckStarted() const;

  // OK: the call runs until Leave(). Else RESOURCE_EXHAUSTED (calls_max run) or UNAVAILABLE (not open yet, draining),
  // both with a retry hint, and no Leave().
  absl::Status TryEnter();
  void Leave();

  // No call enters any more.
  void StartDraining();

  // After StartDraining: waits until no call runs. False when `deadline` came first.
  bool WaitUntilEmpty(absl::Time deadline);

 private:
  void SetGauge();

  const int calls_max_;
  ports::Gauge& in_flight_gauge_;
  std::atomic<int> in_flight_{0};
  std::atomic<bool> started_{false};
  std::atomic<bool> draining_{false};
  std::mutex mutex_;               // for the wait only
  std::condition_variable empty_;  // in_flight_ fell to 0 while draining
};

}  // namespace logistics::rpc
