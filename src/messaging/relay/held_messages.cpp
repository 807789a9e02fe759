#include "messaging/relay/held_messages.hpp"

namespace logistics::messaging {

void HeldMessages::Reset() { *this = HeldMessages(); }

void HeldMessages::BeginPass() {
  blocked_.clear();
  unroutable_.clear();
  position_ = {};
  pass_wanted_ = false;
  reading_ = true;
}

bool HeldMessages::Read(const ports::OutboxMessage& message) {
  position_ = message.position;
  const OrderingId key = OrderingIdOf(message);
  if (!keys_known_) ++rows_[key];
  if (blocked_.contains(key)) return false;
  if (unroutable_.contains(Route{message.stream, message.routing_key})) {
    blocked_.insert(key);
    return false;
  }
  return true;
}

void HeldMessages::LastPageRead() {
  reading_ = false;
  keys_known_ = true;
}

void HeldMessages::Held(const OrderingId& key) {
  ++rows_[key];
  // The pass may be past its place: where nothing stops the key, it should not have to wait for the next interval.
  if (!blocked_.contains(key)) pass_wanted_ = true;
}

void HeldMessages::Deleted(const OrderingId& key) {
  const auto found = rows_.find(key);
  if (found != rows_.end() && --found->second <= 0) rows_.erase(found);
}

void HeldMessages::RefusedAgain(const OrderingId& key) { blocked_.insert(key); }

void HeldMessages::Unroutable(const Route& route) { unroutable_.insert(route); }

}  // namespace logistics::messaging
