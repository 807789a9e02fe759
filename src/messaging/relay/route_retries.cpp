#include "messaging/relay/route_retries.hpp"

#include <algorithm>

#include "logistics/base/backoff.hpp"

namespace logistics::messaging {

void RouteRetries::BeginPass(Time now) {
  std::erase_if(routes_,
                [this](const auto& route) { return !route.second.asked && route.second.paused_until <= pass_began_; });
  for (auto& [route, state] : routes_) state.asked = false;
  pass_began_ = now;
}

void RouteRetries::BeginWave() {
  for (auto& [route, state] : routes_) state.tried = 0;
}

Retry RouteRetries::MayTry(const Route& route, Time now) {
  State& state = routes_[route];
  state.asked = true;
  if (now < state.paused_until) return Retry::kSkip;
  Refill(state, now);
  if (state.copies_left < 1) {
    state.paused_until = now + std::chrono::minutes(1) / kCopiesPerMinuteMax;
    return Retry::kSkip;
  }
  if (state.tried >= std::min(state.wave_max, static_cast<int>(state.copies_left))) return Retry::kWait;
  ++state.tried;
  return Retry::kTry;
}

void RouteRetries::Confirmed(const Route& route) {
  const auto found = routes_.find(route);
  if (found == routes_.end()) return;
  found->second.nacks = 0;
  found->second.stuck = false;
  found->second.wave_max = std::min(found->second.wave_max + 1, kCopiesPerMinuteMax);
}

void RouteRetries::Nacked(const Route& route, bool tried, Time now) {
  State& state = routes_[route];
  // New messages are nacked as often as they come: only tries make the pause longer.
  if (!tried && state.nacks > 0) return;
  if (tried) state.copies_left -= 1;
  state.wave_max = 1;
  Pause(state, now);
}

void RouteRetries::Pause(State& state, Time now) {
  const absl::Duration pause = base::BackoffDelay(kNackPauseMin, kNackPauseMax, state.nacks++, random_);
  state.paused_until = now + absl::ToChronoNanoseconds(pause);
}

void RouteRetries::Refill(State& state, Time now) {
  if (state.refilled_at != Time::min()) {
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - state.refilled_at).count();
    state.copies_left = std::min<double>(kCopiesPerMinuteMax, state.copies_left + minutes * kCopiesPerMinuteMax);
  }
  state.refilled_at = now;
}

bool RouteRetries::IsStuck(const Route& route) const {
  const auto found = routes_.find(route);
  return found != routes_.end() && found->second.stuck;
}

RouteRetries::Time RouteRetries::NextDue() const {
  Time due = Time::max();
  for (const auto& [route, state] : routes_) {
    if (state.paused_until > pass_began_) due = std::min(due, state.paused_until);
  }
  return due;
}

std::vector<Route> RouteRetries::Refused() const {
  std::vector<Route> refused;
  for (const auto& [route, state] : routes_) {
    if (state.nacks > 0) refused.push_back(route);
  }
  return refused;
}

}  // namespace logistics::messaging
