#pragma once

#include <mutex>

#include "logistics/ports/clock.hpp"

namespace logistics::fakes {

// Stands still until it is told to move. Thread-safe.
class FakeClock final : public ports::Clock {
 public:
  // 2026-01-02T03:04:05.678901Z: microseconds, so that nothing is lost in a database.
  FakeClock() : FakeClock(absl::FromUnixMicros(1'767'323'045'678'901)) {}
  explicit FakeClock(absl::Time now) : now_(now) {}

  absl::Time Now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    const std::scoped_lock lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    const std::scoped_lock lock(mutex_);
    now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;  // guarded by mutex_
};

}  // namespace logistics::fakes
