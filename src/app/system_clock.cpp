#include "app/system_clock.hpp"

#include "absl/time/clock.h"

namespace logistics::app {

absl::Time SystemClock::Now() const { return absl::Now(); }

}  // namespace logistics::app
