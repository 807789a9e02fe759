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

// Whether the daemon can serve, by the last report of every part. Ready: no part is down, and the daemon does not
// drain. Thread-safe.
class Readiness final : public ports::HealthReporter {
 public:
  // `components` must report before the daemon is ready: until then they are down, "starting". Other parts may report
  // too.
  explicit Readiness(const std::vector<std::string>& components);

  void Report(std::string_view component, ports::HealthState state, std::string_view reason) override;

  // Not ready from now on, whatever the parts report.
  void SetDraining();

  bool ready() const;

  // "ready" or "not ready", then one line a component with its state and reason.
  std::string Text() const;

  // `listener` is called with the present state at once and then with every change, in order, the last state always
  // last. The reporting thread calls it; it must not call this object. One listener.
  void SetListener(std::function<void(bool ready)> listener);

 private:
  struct Component {
    ports::HealthState state = ports::HealthState::kDown;
    std::string reason;
  };
  bool ReadyLocked() const;
  void Notify();

  mutable std::mutex mutex_;
  std::map<std::string, Component, std::less<>> components_;  // guarded by mutex_
  bool draining_ = false;                                     // guarded by mutex_

  std::mutex listener_mutex_;                 // taken before mutex_
  std::function<void(bool ready)> listener_;  // guarded by listener_mutex_
  std::optional<bool> notified_;              // guarded by listener_mutex_
};

}  // namespace logistics::telemetry
