#pragma once

#include <chrono>
#include <cstdint>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "logistics/ports/outbox.hpp"
#include "messaging/relay/ordering.hpp"

namespace logistics::messaging {

// Which keys have held messages in the outbox, and how a pass over them (one more try for each, oldest first) stands.
// While a key is held its later messages are held too, so that its order is kept. Pure. Belongs to one thread.
//
// The first pass after Reset also finds out which keys are held: until it has read all of them, new messages must not
// be read (a later message of a held key would overtake).
class HeldMessages {
 public:
  // Forgets everything, and asks for a first pass.
  void Reset();

  // The pass: it begins, pages are read after position(), and with the last page read it is over.
  void BeginPass();
  bool pass_wanted() const { return pass_wanted_; }
  bool reading() const { return reading_; }
  bool keys_known() const { return keys_known_; }
  const ports::OutboxPosition& position() const { return position_; }
  // A message of the pass was read. True: it is to be tried now.
  bool Read(const ports::OutboxMessage& message);
  void LastPageRead();

  bool Contains(const OrderingId& key) const { return rows_.contains(key); }
  bool empty() const { return rows_.empty(); }
  // A message of this key was marked as held in the outbox.
  void Held(const OrderingId& key);
  // A held message of this key was confirmed and deleted.
  void Deleted(const OrderingId& key);
  // A held message of this key was tried and is still refused: those behind it are not tried in this pass, nor, for
  // `route`, any that would go the same way.
  void RefusedAgain(const OrderingId& key);
  void Unroutable(const Route& route);

 private:
  absl::flat_hash_map<OrderingId, std::int64_t> rows_;
  absl::flat_hash_set<OrderingId> blocked_;  // in this pass
  std::set<Route> unroutable_;               // in this pass
  ports::OutboxPosition position_;
  bool pass_wanted_ = true;
  bool reading_ = false;
  bool keys_known_ = false;
};

}  // namespace logistics::messaging
