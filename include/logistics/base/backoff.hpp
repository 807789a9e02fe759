#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace logistics::base {

// How long to wait before try `attempt` (from 0): doubling from `min` up to `max`, of which a random half is taken off,
// so that many who failed together do not come back together. The random numbers are drawn from `random`, whose thread
// safety is the caller's.
template <typename Random>
absl::Duration BackoffDelay(absl::Duration min, absl::Duration max, int attempt, Random& random) {
  constexpr int kDoublingsMax = 20;
  const absl::Duration full = std::min(max, min * (std::int64_t{1} << std::min(attempt, kDoublingsMax)));
  return full * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

}  // namespace logistics::base
