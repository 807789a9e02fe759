#include "messaging/relay/outbox_writer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "messaging/relay/limits.hpp"

namespace logistics::messaging {

bool OutboxWriter::Due(Time now) const {
  if (!leadership_.Leads(now)) return false;
  if (!to_quarantine_.empty()) return true;
  if (window_.confirmed() == 0) return window_.start_moved() && now >= move_at_;
  return window_.confirmed() >= kDeleteBatchRows || now >= delete_at_;
}

void OutboxWriter::Write(Time now, const std::string& refusal) {
  if (window_.confirmed() > 0 && delete_at_ == Time::max()) delete_at_ = now + kDeleteDelayMax;
  for (ports::OutboxMessage& message : window_.TakeToQuarantine()) to_quarantine_.push_back(std::move(message));
  if (!Due(now)) return;
  // Quarantined first: the start position may then move past them.
  if (!to_quarantine_.empty()) {
    const auto stored =
        leadership_.Ask([&](ports::Outbox& outbox) { return outbox.Quarantine(to_quarantine_, refusal); });
    if (!stored) return;
    // One that was there already is counted already.
    const std::set<ports::OutboxPosition> added(stored->begin(), stored->end());
    for (const ports::OutboxMessage& message : to_quarantine_) {
      if (added.contains(message.position)) keys_.Quarantined(OrderingIdOf(message));
    }
    to_quarantine_.clear();
  }
  if (window_.confirmed() == 0 && !window_.start_moved()) return;
  const Confirmed confirmed = window_.TakeConfirmed();
  delete_at_ = Time::max();
  move_at_ = now + kMoveInterval;
  const bool deleted = leadership_.Ask(
      [&](ports::Outbox& outbox) { return outbox.DeleteConfirmed(confirmed.messages, confirmed.start); });
  if (!deleted) return;
  for (const OrderingId& key : confirmed.quarantined_keys) keys_.Deleted(key);
}

OutboxWriter::Time OutboxWriter::NextDue(Time now) const {
  if (!to_quarantine_.empty()) return now;
  return window_.start_moved() && window_.confirmed() == 0 ? std::min(delete_at_, move_at_) : delete_at_;
}

void OutboxWriter::Reset() {
  to_quarantine_.clear();
  delete_at_ = Time::max();
}

}  // namespace logistics::messaging
