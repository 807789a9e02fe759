#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace logistics::inventory {

// Lets one line through an interval and counts the others: a peer that fails every call must not fill the disk.
// Thread-safe.
class LogLimiter {
 public:
  explicit LogLimiter(absl::Duration interval) : interval_nanos_(absl::ToInt64Nanoseconds(interval)) {}

  // How many were kept back since the last line, when a line may be written now.
  std::optional<std::int64_t> Pass() {
    const std::int64_t now = absl::GetCurrentTimeNanos();
    std::int64_t last = last_nanos_.load();
    const bool due = now < last || now - last >= interval_nanos_;  // before `last`: the clock was set back
    if (due && last_nanos_.compare_exchange_strong(last, now)) return suppressed_.exchange(0);
    suppressed_.fetch_add(1);
    return std::nullopt;
  }

 private:
  const std::int64_t interval_nanos_;
  std::atomic<std::int64_t> last_nanos_{0};
  std::atomic<std::int64_t> suppressed_{0};
};

}  // namespace logistics::inventory
