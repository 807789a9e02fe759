#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logistics/ports/health.hpp"

namespace logistics::telemetry {

// Whether the daemon can serve: the last word of every part, together. Ready means that no part is down and that it is
// not draining. Thread-safe.
class Readiness final : public ports::HealthReporter {
 public:
  // `components` are the parts that must have spoken before the daemon is ready: until then they are down, "starting".
  // Others may report too.
  explicit Readiness(const std::vector<std::string>& components);

  void Report(std::string_view component, ports::HealthState state, std::string_view reason) override;

  // From now on not ready, whatever the parts say.
  void SetDraining();

  bool ready() const;

  // "ready" or "not ready", then one line a component with its state and reason.
  std::string Text() const;

  // `listener` is told the present state at once and then every change, in order, the last state always last. It is
  // called by the reporting thread and must not call back into this object. One listener.
  void SetListener(std::function<void(bool ready)> listener);

 private:
  struct Component {
    ports::HealthState state = ports::HealthState::kDown;
    std::string reason;
  };
  bool ReadyLocked() const;
  void Tell();

  mutable std::mutex mutex_;
  std::map<std::string, Component, std::less<>> components_;  // guarded by mutex_
  bool draining_ = false;                                     // guarded by mutex_

  std::mutex listener_mutex_;                 // taken before mutex_
  std::function<void(bool ready)> listener_;  // guarded by listener_mutex_
  std::optional<bool> told_;                  // guarded by listener_mutex_
};

}  // namespace logistics::telemetry
