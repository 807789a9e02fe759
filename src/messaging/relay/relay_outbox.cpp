// The relay's side towards the outbox: reading, deleting, holding.
#include <utility>

#include "messaging/relay/limits.hpp"
#include "messaging/relay/relay.hpp"

namespace logistics::messaging {
bool Relay::PersistDue(Time now) const {
  if (now < database_at_) return false;
  if (deleting_ || !to_quarantine_.empty()) return true;
  if (window_.confirmed() == 0) return false;
  const bool idle = window_.in_flight() == 0 && window_.ready() == 0;
  return idle || window_.confirmed() >= kDeleteBatchRows || now >= delete_at_;
}

void Relay::Persist(Time now) {
  if (window_.confirmed() > 0 && delete_at_ == Time::max()) delete_at_ = now + kDeleteDelayMax;
  for (ports::OutboxMessage& message : window_.TakeToQuarantine()) to_quarantine_.push_back(std::move(message));
  if (!PersistDue(now)) return;
  // Held first: the start position may then move past them.
  if (!StoreQuarantined(now)) return;
  if (!deleting_) {
    if (window_.confirmed() == 0) return;
    deleting_ = window_.TakeConfirmed();
    delete_at_ = Time::max();
  }
  const absl::Status deleted = outbox_->DeleteConfirmed(deleting_->messages, deleting_->start);
  if (!DatabaseAnswered(deleted, Clock::now())) return;
  for (const OrderingId& key : deleting_->quarantined_keys) quarantined_.Deleted(key);
  deleting_.reset();
}

bool Relay::StoreQuarantined(Time now) {
  if (to_quarantine_.empty()) return true;
  const absl::Status held = outbox_->Quarantine(to_quarantine_, link_.last_refusal());
  if (!DatabaseAnswered(held, now)) return false;
  for (const ports::OutboxMessage& message : to_quarantine_) quarantined_.Quarantined(OrderingIdOf(message));
  to_quarantine_.clear();
  return true;
}

bool Relay::RoomToRead() const {
  return link_.CanPublish() && window_.ready() < static_cast<std::size_t>(options_.read_page) &&
         window_.size() < kBacklogMessagesMax;
}

bool Relay::ReadDue(Time now) const {
  return LeaseHolds(now) && quarantined_.keys_known() && now >= database_at_ && RoomToRead() &&
         ((woken_ && now >= read_again_at_) || more_ || now >= poll_at_ || (stopping_ && !drained_));
}

void Relay::ReadOutbox(Time now) {
  if (!ReadDue(now)) return;
  const bool last_read = stopping_;
  woken_ = false;
  absl::StatusOr<std::vector<ports::OutboxMessage>> page = outbox_->ReadAfter(position_, options_.read_page);
  if (!DatabaseAnswered(page.status(), Clock::now())) {
    woken_ = true;
    return;
  }
  poll_at_ = now + absl::ToChronoNanoseconds(options_.outbox_poll);
  if (!page->empty()) read_again_at_ = now + kReadPause;
  more_ = page->size() == static_cast<std::size_t>(options_.read_page);
  drained_ = last_read && !more_;
  for (ports::OutboxMessage& message : *page) {
    position_ = message.position;
    if (quarantined_.Contains(OrderingIdOf(message))) {
      to_quarantine_.push_back(std::move(message));
    } else {
      window_.Add(std::move(message));
    }
  }
}

bool Relay::QuarantinePassDue(Time now) const {
  if (!LeaseHolds(now) || now < database_at_ || !RoomToRead()) return false;
  if (quarantined_.reading()) return true;
  // A pass begins when the last one has left no trace: else a message would be counted twice.
  if (window_.quarantined_size() > 0 || window_.confirmed() > 0 || deleting_ || !to_quarantine_.empty()) return false;
  if (!quarantined_.keys_known()) return true;
  return !quarantined_.empty() && !stopping_ && (quarantined_.pass_wanted() || now >= quarantine_pass_at_);
}

void Relay::TryQuarantinedAgain(Time now) {
  if (!QuarantinePassDue(now)) return;
  if (!quarantined_.reading()) {
    quarantined_.BeginPass();
    quarantine_pass_at_ = now + absl::ToChronoNanoseconds(options_.redeclare_interval);
  }
  absl::StatusOr<std::vector<ports::OutboxMessage>> page =
      outbox_->ReadQuarantined(quarantined_.position(), options_.read_page);
  if (!DatabaseAnswered(page.status(), Clock::now())) return;
  const bool last = page->size() < static_cast<std::size_t>(options_.read_page);
  for (ports::OutboxMessage& message : *page) {
    if (quarantined_.Read(message)) window_.AddQuarantined(std::move(message));
  }
  if (last) quarantined_.LastPageRead();
}

}  // namespace logistics::messaging
