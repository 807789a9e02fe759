#pragma once

#include <string>
#include <string_view>

namespace logistics::ports {

enum class HealthState {
  kUp,        // works
  kDegraded,  // does not work, and the daemon serves all the same (the broker: events wait in the outbox)
  kDown,      // does not work, and the daemon is not ready
};

// Each part reports its health whenever it changes; /readyz and gRPC health answer from the latest report of each.
// Thread-safe.
class HealthReporter {
 public:
  virtual ~HealthReporter() = default;
  // `reason` is for an operator: what is wrong and what to look at; no secrets. Empty when up.
  virtual void Report(std::string_view component, HealthState state, std::string_view reason) = 0;
};

}  // namespace logistics::ports
