#include "telemetry/readiness.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace logistics::telemetry {
namespace {

std::string_view StateWord(ports::HealthState state) {
  switch (state) {
    case ports::HealthState::kUp:
      return "up";
    case ports::HealthState::kDegraded:
      return "degraded";
    case ports::HealthState::kDown:
      return "down";
  }
  return "down";
}

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

}  // namespace

Readiness::Readiness(const std::vector<std::string>& components) {
  for (const std::string& name : components) components_[name] = {ports::HealthState::kDown, "starting"};
}

void Readiness::Report(std::string_view component, ports::HealthState state, std::string_view reason) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    Component& entry = components_[std::string(component)];
    changed = entry.state != state;
    entry = {state, OneLine(reason)};
  }
  Notify();
  if (!changed) return;
  // Without a lock: a reader of the log that has stopped must not stop the probes.
  const auto level = state == ports::HealthState::kUp ? spdlog::level::info : spdlog::level::warn;
  spdlog::log(level, "{} is {}{}{}", component, StateWord(state), reason.empty() ? "" : ": ", reason);
}

void Readiness::SetDraining() {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  Notify();
}

bool Readiness::ReadyLocked() const {
  return !draining_ && std::none_of(components_.begin(), components_.end(), [](const auto& component) {
    return component.second.state == ports::HealthState::kDown;
  });
}

bool Readiness::ready() const {
  const std::lock_guard lock(mutex_);
  return ReadyLocked();
}

std::string Readiness::Text() const {
  const std::lock_guard lock(mutex_);
  std::string text = ReadyLocked() ? "ready\n" : draining_ ? "not ready: draining\n" : "not ready\n";
  for (const auto& [name, component] : components_) {
    const std::string_view state = StateWord(component.state);
    absl::StrAppend(&text, name, ": ", absl::string_view(state.data(), state.size()),
                    component.reason.empty() ? "" : " - ", component.reason, "\n");
  }
  return text;
}

void Readiness::SetListener(std::function<void(bool ready)> listener) {
  {
    const std::lock_guard lock(listener_mutex_);
    listener_ = std::move(listener);
    notified_.reset();
  }
  Notify();
}

void Readiness::Notify() {
  // The state is read under the listener's lock: of two threads that report at once, the later one sees both reports.
  const std::lock_guard lock(listener_mutex_);
  if (!listener_) return;
  const bool now = ready();
  if (notified_ == now) return;
  notified_ = now;
  listener_(now);
}

}  // namespace logistics::telemetry
