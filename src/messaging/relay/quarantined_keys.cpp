#include "messaging/relay/quarantined_keys.hpp"

namespace logistics::messaging {

void QuarantinedKeys::Reset() { *this = QuarantinedKeys(); }

void QuarantinedKeys::BeginPass(Time now) {
  blocked_.clear();
  unroutable_.clear();
  routes_.BeginPass(now);
  pass_wanted_ = false;
  reading_ = true;
}

void QuarantinedKeys::Read(const ports::OutboxMessage& message) {
  if (!keys_known_) ++rows_[OrderingIdOf(message)];
}

Retry QuarantinedKeys::MayTry(const ports::OutboxMessage& message, Time now) {
  const OrderingId key = OrderingIdOf(message);
  if (blocked_.contains(key)) return Retry::kSkip;
  const Route route = RouteOf(message);
  Retry retry = unroutable_.contains(route) ? Retry::kSkip : routes_.MayTry(route, now);
  if (retry == Retry::kWait && !keys_known_) {
    retry = Retry::kSkip;
    pass_wanted_ = true;
  }
  // What is behind it must not overtake.
  if (retry == Retry::kSkip) blocked_.insert(key);
  return retry;
}

void QuarantinedKeys::LastPageRead() {
  reading_ = false;
  keys_known_ = true;
}

bool QuarantinedKeys::Diverts(const ports::OutboxMessage& message) {
  const OrderingId key = OrderingIdOf(message);
  if (Contains(key)) return true;
  if (!routes_.IsStuck(RouteOf(message))) return false;
  blocked_.insert(key);  // the pause of the route says when it is tried
  return true;
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

void QuarantinedKeys::Refused(const OrderingId& key) { blocked_.insert(key); }

void QuarantinedKeys::Unroutable(const OrderingId& key, const Route& route) {
  blocked_.insert(key);
  unroutable_.insert(route);
}

void QuarantinedKeys::Nacked(const OrderingId& key, const Route& route, bool tried, Time now) {
  blocked_.insert(key);
  routes_.Nacked(route, tried, now);
}

}  // namespace logistics::messaging
