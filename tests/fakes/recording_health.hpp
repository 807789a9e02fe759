#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "logistics/ports/health.hpp"

namespace logistics::fakes {

// Remembers every report. Thread-safe.
class RecordingHealth final : public ports::HealthReporter {
 public:
  struct Entry {
    std::string component;
    ports::HealthState state = ports::HealthState::kUp;
    std::string reason;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  void Report(std::string_view component, ports::HealthState state, std::string_view reason) override {
    {
      const std::scoped_lock lock(mutex_);
      entries_.push_back({std::string(component), state, std::string(reason)});
    }
    changed_.notify_all();
  }

  std::vector<Entry> Entries() const {
    const std::scoped_lock lock(mutex_);
    return entries_;
  }

  // The last word of a component; nullopt when it never spoke.
  std::optional<Entry> Last(std::string_view component) const {
    const std::scoped_lock lock(mutex_);
    return LastLocked(component);
  }

  // True once the component's last word satisfies `condition`; false when `timeout` passes before.
  bool WaitFor(std::string_view component, const std::function<bool(const Entry&)>& condition,
               absl::Duration timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), [&] {
      const std::optional<Entry> last = LastLocked(component);
      return last && condition(*last);
    });
  }
  bool WaitForState(std::string_view component, ports::HealthState state, absl::Duration timeout) const {
    return WaitFor(
        component, [state](const Entry& entry) { return entry.state == state; }, timeout);
  }

 private:
  std::optional<Entry> LastLocked(std::string_view component) const {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (entry->component == component) return *entry;
    }
    return std::nullopt;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Entry> entries_;  // guarded by mutex_
};

}  // namespace logistics::fakes
