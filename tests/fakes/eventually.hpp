#pragma once

#include <algorithm>
#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace logistics::fakes {

// Asks until the condition holds, soon at first and then every few milliseconds, because a question may cost the one
// who is asked; false when it does not hold within `timeout`.
inline bool Eventually(const std::function<bool()>& condition, absl::Duration timeout = absl::Seconds(20)) {
  constexpr absl::Duration kPauseMax = absl::Milliseconds(20);
  absl::Duration pause = absl::Milliseconds(1);
  const absl::Time until = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() >= until) return false;
    absl::SleepFor(pause);
    pause = std::min(kPauseMax, 2 * pause);
  }
  return true;
}

}  // namespace logistics::fakes
