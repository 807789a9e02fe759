#pragma once

#include "absl/time/time.h"

namespace logistics::ports {

// The wall clock, for timestamps that people and other services read. Never used to order changes (that is the
// database's one order) nor to judge the age of rows (that is Postgres' clock). Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

}  // namespace logistics::ports
