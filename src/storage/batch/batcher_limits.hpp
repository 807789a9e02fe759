#pragma once

#include <chrono>
#include <cstddef>

#include "absl/time/time.h"

namespace logistics::storage {

struct BatcherLimits {
  std::size_t batch_max = 1;
  std::size_t queue_max = 1;
  // When another batch is begun beside a running one: so many commands wait, or one has waited so long. With a
  // statement group of about 1 ms, 64 commands make its fixed cost small; and a batch that waits for a lock or a
  // disk must not hold up the commands that need neither.
  std::size_t beside_min = 64;
  std::chrono::milliseconds beside_after{20};
  // Commands that wait to run apart, and for how long; one more, or one that waits longer, is UNAVAILABLE. Far below
  // the calls that a replica serves at once, so that they never keep others out.
  std::size_t apart_max = 64;
  std::chrono::milliseconds apart_wait_max{4'000};
};

// A caller whose command cannot be decided in time is answered so long before its deadline: any later, it would get
// DEADLINE_EXCEEDED and no reason.
inline constexpr absl::Duration kAnswerMargin = absl::Milliseconds(250);

}  // namespace logistics::storage
