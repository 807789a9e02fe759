#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace logistics::messaging {

// Lets one line through an interval and counts the others. Belongs to one thread.
class LogLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LogLimiter(std::chrono::seconds interval) : interval_(interval) {}

  // How many were kept back since the last line, when a line may be written now.
  std::optional<std::int64_t> Pass(Time now) {
    if (now < next_) {
      ++suppressed_;
      return std::nullopt;
    }
    next_ = now + interval_;
    const std::int64_t suppressed = suppressed_;
    suppressed_ = 0;
    return suppressed;
  }

 private:
  const std::chrono::seconds interval_;
  Time next_ = Time::min();
  std::int64_t suppressed_ = 0;
};

}  // namespace logistics::messaging
