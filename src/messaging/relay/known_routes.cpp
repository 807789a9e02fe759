#include "messaging/relay/known_routes.hpp"

#include <utility>

#include "messaging/relay/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

void KnownRoutes::Reset() {
  routes_.clear();
  gone_.clear();
  loaded_ = changed_ = false;
  store_at_ = Time::min();
}

void KnownRoutes::Maintain(Time now) {
  if (now < NextDue()) return;
  if (!loaded_) Load(now);
  if (loaded_ && changed_) Store(now);
}

void KnownRoutes::Load(Time now) {
  const absl::StatusOr<std::vector<ports::RoutedKey>> keys = store_.Load();
  if (!keys.ok()) {
    store_at_ = now + kRoutesRetryDelay;
    spdlog::warn("relay: the known routing keys cannot be read, so no event is dropped: {}",
                 std::string(keys.status().message()));
    return;
  }
  loaded_ = true;
  for (const ports::RoutedKey& key : *keys) {
    State state;
    state.routed_at = now - absl::ToChronoNanoseconds(key.routed_ago);
    if (key.unroutable_for) state.unroutable_since = now - absl::ToChronoNanoseconds(*key.unroutable_for);
    state.stored_at = now;
    state.changed = false;
    // What was routed meanwhile is newer.
    Of(key.stream).try_emplace(key.routing_key, state);
  }
}

void KnownRoutes::Store(Time now) {
  std::vector<ports::RoutedKey> changed;
  for (const auto& [stream, states] : routes_) {
    for (const auto& [routing_key, state] : states) {
      if (state.changed) changed.push_back(Stored(stream, routing_key, state, now));
    }
  }
  const absl::Status status = store_.Store(changed, gone_);
  if (!status.ok()) {
    store_at_ = now + kRoutesRetryDelay;
    spdlog::warn("relay: routing keys cannot be stored: {}", std::string(status.message()));
    return;
  }
  for (auto& [stream, states] : routes_) {
    for (auto& [routing_key, state] : states) {
      if (std::exchange(state.changed, false)) state.stored_at = now;
    }
  }
  gone_.clear();
  changed_ = false;
}

void KnownRoutes::Routed(const ports::OutboxMessage& message, Time now) {
  const auto [at, added] = Of(message.stream).try_emplace(message.routing_key);
  State& state = at->second;
  state.routed_at = now;
  if (!added && !state.unroutable_since && now < state.stored_at + kRoutesRefresh) return;
  state.unroutable_since.reset();
  Change(state);
  if (added) Bound();
}

bool KnownRoutes::Waits(const ports::OutboxMessage& message, Time now) {
  if (!loaded_) return true;
  States& states = Of(message.stream);
  const auto found = states.find(message.routing_key);
  if (found == states.end()) return false;
  State& state = found->second;
  if (!state.unroutable_since) {
    state.unroutable_since = now;
    Change(state);
  }
  if (now - *state.unroutable_since < absl::ToChronoNanoseconds(grace_)) return true;
  gone_.push_back(Stored(message.stream, message.routing_key, state, now));
  states.erase(found);
  changed_ = true;
  return false;
}

void KnownRoutes::Change(State& state) {
  state.changed = true;
  changed_ = true;
}

void KnownRoutes::Bound() {
  std::size_t size = 0;
  for (const auto& [stream, states] : routes_) size += states.size();
  if (size <= static_cast<std::size_t>(ports::RoutedKeys::kKeysMax)) return;
  States* holder = nullptr;
  std::string oldest_key;
  Time oldest_at = Time::max();
  for (auto& [stream, states] : routes_) {
    for (const auto& [routing_key, state] : states) {
      if (state.routed_at >= oldest_at) continue;
      holder = &states;
      oldest_key = routing_key;
      oldest_at = state.routed_at;
    }
  }
  // The store forgets it by itself.
  if (holder != nullptr) holder->erase(oldest_key);
}

ports::RoutedKey KnownRoutes::Stored(domain::EventStream stream, const std::string& routing_key, const State& state,
                                     Time now) {
  ports::RoutedKey key = {stream, routing_key, absl::FromChrono(now - state.routed_at), std::nullopt};
  if (state.unroutable_since) key.unroutable_for = absl::FromChrono(now - *state.unroutable_since);
  return key;
}

}  // namespace logistics::messaging
