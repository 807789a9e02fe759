#pragma once

#include "logistics/ports/clock.hpp"

namespace logistics::app {

// The machine's wall clock.
class SystemClock final : public ports::Clock {
 public:
  absl::Time Now() const override;
};

}  // namespace logistics::app
