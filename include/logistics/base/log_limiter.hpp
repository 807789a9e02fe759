#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace logistics::base {

// Lets one line through an interval and counts the others: an event that repeats must not fill the disk. Thread-safe.
class LogLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LogLimiter(std::chrono::nanoseconds interval) : interval_(interval) {}

  // How many lines were suppressed since the last one, when a line may be written now.
  std::optional<std::int64_t> Pass(Time now) {
    Time next = next_.load();
    if (now >= next && next_.compare_exchange_strong(next, now + interval_)) return suppressed_.exchange(0);
    suppressed_.fetch_add(1);
    return std::nullopt;
  }

 private:
  const std::chrono::nanoseconds interval_;
  std::atomic<Time> next_{Time::min()};
  std::atomic<std::int64_t> suppressed_{0};
};

}  // namespace logistics::base
