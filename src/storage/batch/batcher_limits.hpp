#pragma once

#include <chrono>
#include <cstddef>

#include "absl/time/time.h"

namespace logistics::storage {

struct BatcherLimits {
  std::size_t batch_max = 1;
  std::size_t queue_max = 1;
  // When another batch is begun beside running ones (ADR 11): so many commands wait; or all that run have only their
  // last message to send, and as many wait as the last one took; or one has waited for three times as long as batches
  // take, within these bounds, since a batch that waits for a lock must not hold up the commands that need none.
  std::size_t beside_min = 64;
  std::chrono::milliseconds beside_after{20};
  std::chrono::milliseconds beside_after_max{200};
  // Commands that wait to run apart, and for how long; one more, or one that waits longer, is UNAVAILABLE. Far below
  // the calls that a replica serves at once, so that they never keep others out.
  std::size_t apart_max = 64;
  std::chrono::milliseconds apart_wait_max{4'000};
};

// A caller whose command cannot be decided in time is answered so long before its deadline: any later, it would get
// DEADLINE_EXCEEDED and no reason.
inline constexpr absl::Duration kAnswerMargin = absl::Milliseconds(250);

}  // namespace logistics::storage
