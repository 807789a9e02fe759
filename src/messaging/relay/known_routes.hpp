#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "logistics/ports/routed_keys.hpp"
#include "messaging/relay/ordering.hpp"

namespace logistics::messaging {

// The routes that some queue took an event of. An event of such a route that no queue takes any more is not dropped
// before the grace is over: its queue may be down, or about to be declared again. Keeps them in the store, so that the
// next leader knows them; while they cannot be loaded, every route counts as known. Belongs to one thread.
class KnownRoutes {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The store outlives the object.
  KnownRoutes(ports::RoutedKeys& store, absl::Duration grace) : store_(store), grace_(grace) {}

  // A new term begins: another replica may have stored others.
  void Reset();
  // Loads and stores what is due. Within a term.
  void Maintain(Time now);
  // When Maintain has to be called; Time::max() = nothing is due.
  Time NextDue() const { return loaded_ && !changed_ ? Time::max() : store_at_; }

  // A queue took an event of this route.
  void Routed(const ports::OutboxMessage& message, Time now);
  // No queue took this event. Whether it has to wait; else the route is forgotten, and the event dropped.
  bool Waits(const ports::OutboxMessage& message, Time now);

 private:
  struct State {
    Time routed_at;
    std::optional<Time> unroutable_since;
    Time stored_at = Time::min();
    bool changed = true;
  };
  using States = absl::flat_hash_map<std::string, State>;

  States& Of(domain::EventStream stream) { return routes_[stream]; }
  void Load(Time now);
  void Store(Time now);
  void Change(State& state);
  void Bound();
  static ports::RoutedKey Stored(domain::EventStream stream, const std::string& routing_key, const State& state,
                                 Time now);

  ports::RoutedKeys& store_;
  const absl::Duration grace_;
  absl::flat_hash_map<domain::EventStream, States> routes_;
  std::vector<ports::RoutedKey> gone_;
  bool loaded_ = false;
  bool changed_ = false;
  Time store_at_ = Time::min();  // no call of the store before
};

}  // namespace logistics::messaging
