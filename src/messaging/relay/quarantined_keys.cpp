#include "messaging/relay/quarantined_keys.hpp"

namespace logistics::messaging {

void QuarantinedKeys::Reset() { *this = QuarantinedKeys(); }

void QuarantinedKeys::BeginPass() {
  blocked_.clear();
  unroutable_.clear();
  pass_wanted_ = false;
  reading_ = true;
}

bool QuarantinedKeys::Read(const ports::OutboxMessage& message) {
  const OrderingId key = OrderingIdOf(message);
  if (!keys_known_) ++rows_[key];
  if (blocked_.contains(key)) return false;
  if (unroutable_.contains(Route{message.stream, message.routing_key})) {
    blocked_.insert(key);
    return false;
  }
  return true;
}

void QuarantinedKeys::LastPageRead() {
  reading_ = false;
  keys_known_ = true;
}

void QuarantinedKeys::Quarantined(const OrderingId& key) {
  ++rows_[key];
  // The pass may be past its place: a key that nothing stops does not wait for the next interval.
  if (!blocked_.contains(key)) pass_wanted_ = true;
}

void QuarantinedKeys::Deleted(const OrderingId& key) {
  const auto found = rows_.find(key);
  if (found != rows_.end() && --found->second <= 0) rows_.erase(found);
}

void QuarantinedKeys::RefusedAgain(const OrderingId& key) { blocked_.insert(key); }

void QuarantinedKeys::Unroutable(const Route& route) { unroutable_.insert(route); }

}  // namespace logistics::messaging
