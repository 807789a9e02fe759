#pragma once

#include <chrono>
#include <cstdint>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "logistics/ports/outbox.hpp"
#include "messaging/relay/ordering.hpp"

namespace logistics::messaging {

// The keys that have quarantined messages in the outbox, and the state of a pass over these: one more try for each,
// oldest first. The later messages of such a key are quarantined too, so that its order is kept. Pure. Belongs to one
// thread.
//
// The first pass after Reset also finds the keys. New messages must not be read before it has read all of them: a later
// message of a quarantined key would overtake.
class QuarantinedKeys {
 public:
  // Forgets everything, and asks for a first pass.
  void Reset();

  // A pass begins, reads messages, and ends with the last page.
  void BeginPass();
  bool pass_wanted() const { return pass_wanted_; }
  bool reading() const { return reading_; }
  bool keys_known() const { return keys_known_; }
  // The pass read a message. True: the message may be tried now.
  bool Read(const ports::OutboxMessage& message);
  void LastPageRead();

  bool Contains(const OrderingId& key) const { return rows_.contains(key); }
  bool empty() const { return rows_.empty(); }
  // The outbox has quarantined one more message of this key.
  void Quarantined(const OrderingId& key);
  // A quarantined message of this key was confirmed and deleted.
  void Deleted(const OrderingId& key);
  // A quarantined message of this key was refused once more: this pass tries none of those behind it, and after
  // Unroutable none on the same route.
  void RefusedAgain(const OrderingId& key);
  void Unroutable(const Route& route);

 private:
  absl::flat_hash_map<OrderingId, std::int64_t> rows_;
  absl::flat_hash_set<OrderingId> blocked_;  // in this pass
  std::set<Route> unroutable_;               // in this pass
  bool pass_wanted_ = true;
  bool reading_ = false;
  bool keys_known_ = false;
};

}  // namespace logistics::messaging
