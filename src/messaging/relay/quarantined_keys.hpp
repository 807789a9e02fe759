#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "logistics/ports/outbox.hpp"
#include "messaging/relay/ordering.hpp"
#include "messaging/relay/route_retries.hpp"

namespace logistics::messaging {

// The keys that have quarantined messages in the outbox, and the state of a pass over these: one more try for each,
// oldest first, as far as its route allows one. The later messages of such a key are quarantined too, so that its order
// is kept. Pure. Belongs to one thread.
//
// The first pass after Reset also finds the keys. New messages must not be read before it has read all of them: a later
// message of a quarantined key would overtake.
class QuarantinedKeys {
 public:
  using Time = RouteRetries::Time;

  // Forgets everything, and asks for a first pass.
  void Reset();

  // A pass begins, reads messages, and ends with the last page.
  void BeginPass(Time now);
  bool pass_wanted() const { return pass_wanted_; }
  bool reading() const { return reading_; }
  bool keys_known() const { return keys_known_; }
  // The pass read a message.
  void Read(const ports::OutboxMessage& message);
  void LastPageRead();
  // Every message that was tried is resolved.
  void BeginWave() { routes_.BeginWave(); }
  // Whether the oldest message of the pass that was not asked about may be tried now. The first pass never waits: all
  // new messages wait for its end.
  Retry MayTry(const ports::OutboxMessage& message, Time now);

  bool Contains(const OrderingId& key) const { return rows_.contains(key); }
  // Whether a new message has to go to quarantine unpublished: behind its key, or because its route is stuck.
  bool Diverts(const ports::OutboxMessage& message);
  bool empty() const { return rows_.empty(); }
  // The outbox has quarantined one more message of this key.
  void Quarantined(const OrderingId& key);
  // A quarantined message of this key was confirmed and deleted.
  void Deleted(const OrderingId& key);
  // A message of this key was refused: this pass tries none of those behind it, and after Unroutable none on the same
  // route.
  void Refused(const OrderingId& key);
  void Unroutable(const OrderingId& key, const Route& route);
  // Outcomes that decide about further tries on a route. `tried`: the message was in quarantine before.
  void Nacked(const OrderingId& key, const Route& route, bool tried, Time now);
  void Confirmed(const Route& route) { routes_.Confirmed(route); }
  void Stuck(const Route& route) { routes_.Stuck(route); }

  // When a paused route may be tried again, by a new pass.
  Time NextRetry() const { return empty() ? Time::max() : routes_.NextDue(); }
  // The routes whose messages are nacked.
  std::vector<Route> NackedRoutes() const { return routes_.Refused(); }

 private:
  absl::flat_hash_map<OrderingId, std::int64_t> rows_;
  absl::flat_hash_set<OrderingId> blocked_;  // in this pass
  std::set<Route> unroutable_;               // in this pass
  RouteRetries routes_{std::random_device{}()};
  bool pass_wanted_ = true;
  bool reading_ = false;
  bool keys_known_ = false;
};

}  // namespace logistics::messaging
