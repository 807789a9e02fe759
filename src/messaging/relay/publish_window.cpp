#include "messaging/relay/publish_window.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace logistics::messaging {
namespace {

absl::Duration Between(PublishWindow::Time from, PublishWindow::Time to) { return absl::FromChrono(to - from); }

}  // namespace

void PublishWindow::Add(ports::OutboxMessage message) {
  assert(message.position > last_added_);
  last_added_ = message.position;
  Insert(fresh_, std::move(message), /*quarantined=*/false);
}

void PublishWindow::Skip(const ports::OutboxPosition& position) {
  ports::OutboxPosition& resolved = fresh_.empty() ? resolved_prefix_ : fresh_.rbegin()->second.resolved_behind;
  resolved = std::max(resolved, position);
  last_added_ = std::max(last_added_, position);
}

void PublishWindow::AddQuarantined(ports::OutboxMessage message) {
  Insert(quarantined_, std::move(message), /*quarantined=*/true);
}

void PublishWindow::Insert(Entries& entries, ports::OutboxMessage message, bool quarantined) {
  const ports::OutboxPosition position = message.position;
  const auto [at, added] = entries.try_emplace(position);
  if (!added) return;
  Entry& entry = at->second;
  entry.key = OrderingIdOf(message);
  entry.message = std::move(message);
  entry.quarantined = quarantined;
  Chain& chain = chains_[entry.key];
  if (chain.front == nullptr) {
    chain.front = &entry;
    ready_.push_back(&entry);
  } else {
    chain.back->behind = &entry;
  }
  chain.back = &entry;
}

const ports::OutboxMessage* PublishWindow::Next() const {
  const std::size_t capacity = one_by_one() ? 1 : capacity_;
  if (ready_.empty() || in_flight_count_ >= capacity) return nullptr;
  return &ready_.front()->message;
}

void PublishWindow::Published(std::uint64_t tag, Time now) {
  assert(!ready_.empty());
  Entry* const entry = ready_.front();
  ready_.pop_front();
  if (in_flight_.empty()) first_tag_ = tag;
  assert(tag == first_tag_ + in_flight_.size());
  entry->tag = tag;
  entry->published_at = now;
  in_flight_.push_back(entry);
  ++in_flight_count_;
  in_flight_ids_.emplace(entry->message.message_id, entry);
}

OrderingId PublishWindow::RefuseNext() {
  assert(!ready_.empty());
  Entry& entry = *ready_.front();
  ready_.pop_front();
  const OrderingId key = entry.key;
  QuarantineChain(entry);
  return key;
}

void PublishWindow::Returned(const domain::Uuid& message_id) {
  const auto found = in_flight_ids_.find(message_id);
  if (found != in_flight_ids_.end()) found->second->returned = true;
}

PublishWindow::Entry* PublishWindow::TakeInFlight(std::uint64_t tag) {
  if (tag < first_tag_ || tag - first_tag_ >= in_flight_.size()) return nullptr;
  Entry* const entry = std::exchange(in_flight_[tag - first_tag_], nullptr);
  if (entry == nullptr) return nullptr;
  in_flight_ids_.erase(entry->message.message_id);
  --in_flight_count_;
  return entry;
}

void PublishWindow::DropResolvedFront() {
  while (!in_flight_.empty() && in_flight_.front() == nullptr) {
    in_flight_.pop_front();
    ++first_tag_;
  }
}

template <typename Resolve>
void PublishWindow::ForTags(std::uint64_t tag, bool multiple, Resolve resolve) {
  for (std::uint64_t each = multiple ? first_tag_ : tag; each <= tag && each < first_tag_ + in_flight_.size(); ++each) {
    if (Entry* const entry = TakeInFlight(each)) resolve(*entry);
  }
  DropResolvedFront();
}

void PublishWindow::Ack(std::uint64_t tag, bool multiple, Time now, std::vector<PublishOutcome>& outcomes) {
  ForTags(tag, multiple, [&](Entry& entry) { ResolveAcked(entry, now, outcomes); });
}

void PublishWindow::Nack(std::uint64_t tag, bool multiple, Time now, std::vector<PublishOutcome>& outcomes) {
  ForTags(tag, multiple, [&](Entry& entry) { ResolveNacked(entry, now, outcomes); });
}

void PublishWindow::ResolveAcked(Entry& entry, Time now, std::vector<PublishOutcome>& outcomes) {
  last_confirm_ = now;
  capacity_ = std::min(capacity_ + 1, static_cast<std::size_t>(options_.capacity));
  NoLongerSuspect(entry);
  const bool names_route = entry.returned || entry.quarantined;
  outcomes.push_back({entry.returned ? PublishResult::kReturned : PublishResult::kConfirmed,
                      Between(entry.published_at, now), entry.key, names_route ? RouteOf(entry.message) : Route{},
                      entry.quarantined, entry.returned && Drops(entry.message, now)});
  if (!entry.returned) routes_.Routed(entry.message, now);
  if (entry.returned && !outcomes.back().dropped) {
    QuarantineChain(entry);
  } else {
    Confirm(entry);
  }
}

bool PublishWindow::Drops(const ports::OutboxMessage& message, Time now) {
  const bool waits = routes_.Waits(message, now);
  return options_.unroutable == Unroutable::kDrop && !waits;
}

void PublishWindow::ResolveNacked(Entry& entry, Time now, std::vector<PublishOutcome>& outcomes) {
  NoLongerSuspect(entry);
  outcomes.push_back(
      {PublishResult::kNacked, Between(entry.published_at, now), entry.key, RouteOf(entry.message), entry.quarantined});
  QuarantineChain(entry);
}

void PublishWindow::Confirm(Entry& entry) {
  Chain& chain = chains_.find(entry.key)->second;
  assert(chain.front == &entry);
  chain.front = entry.behind;
  if (chain.front != nullptr) {
    ready_.push_back(chain.front);
  } else {
    chains_.erase(entry.key);
  }
  if (entry.quarantined) confirmed_.quarantined_keys.push_back(entry.key);
  confirmed_.messages.push_back(std::move(entry.message));
  confirmed_.messages.back().body.clear();
  Erase(entry);
}

// No other structure has entries of this chain: the front was just taken from there, and the others wait.
void PublishWindow::QuarantineChain(Entry& front) {
  chains_.erase(front.key);
  NoLongerSuspect(front);
  for (Entry* entry = &front; entry != nullptr;) {
    Entry* const behind = entry->behind;
    if (!entry->quarantined) to_quarantine_.push_back(std::move(entry->message));
    Erase(*entry);
    entry = behind;
  }
}

void PublishWindow::Erase(Entry& entry) {
  if (entry.quarantined) {
    quarantined_.erase(entry.message.position);
  } else {
    // The highest resolved position between two unresolved ones is kept with the lower of them.
    const auto at = fresh_.find(entry.message.position);
    const ports::OutboxPosition resolved = std::max(entry.message.position, entry.resolved_behind);
    ports::OutboxPosition& kept = at == fresh_.begin() ? resolved_prefix_ : std::prev(at)->second.resolved_behind;
    kept = std::max(kept, resolved);
    fresh_.erase(at);
  }
}

void PublishWindow::NoLongerSuspect(Entry& entry) {
  if (std::exchange(entry.suspect, false)) --suspects_;
}

void PublishWindow::ReturnFlightToReady(bool first) {
  std::vector<Entry*> again;
  for (Entry* const entry : in_flight_) {
    if (entry == nullptr) continue;
    entry->returned = false;
    again.push_back(entry);
  }
  ready_.insert(first ? ready_.begin() : ready_.end(), again.begin(), again.end());
  in_flight_.clear();
  in_flight_ids_.clear();
  in_flight_count_ = 0;
}

void PublishWindow::ConnectionLost() { ReturnFlightToReady(/*first=*/true); }

void PublishWindow::ConfirmsOverdue() {
  capacity_ = std::max<std::size_t>(1, std::min(capacity_, in_flight_count_) / 2);
  ReturnFlightToReady(/*first=*/false);
}

void PublishWindow::GiveUpOldest(Time now, std::vector<PublishOutcome>& outcomes) {
  DropResolvedFront();
  if (in_flight_.empty()) return;
  Entry& entry = *TakeInFlight(first_tag_);
  DropResolvedFront();
  NoLongerSuspect(entry);
  outcomes.push_back({PublishResult::kUnconfirmed, Between(entry.published_at, now), entry.key, RouteOf(entry.message),
                      entry.quarantined});
  QuarantineChain(entry);
}

std::optional<OrderingId> PublishWindow::ChannelFailed() {
  if (one_by_one() && in_flight_count_ == 1) {
    DropResolvedFront();
    Entry* const refused = TakeInFlight(in_flight_.front()->tag);
    in_flight_.clear();
    const OrderingId key = refused->key;
    QuarantineChain(*refused);
    // The refused message is known now: the others were only in flight with it.
    for (Entries* entries : {&fresh_, &quarantined_}) {
      for (auto& [position, entry] : *entries) NoLongerSuspect(entry);
    }
    return key;
  }
  for (Entry* const entry : in_flight_) {
    if (entry == nullptr || std::exchange(entry->suspect, true)) continue;
    ++suspects_;
  }
  ReturnFlightToReady(/*first=*/true);
  return std::nullopt;
}

Confirmed PublishWindow::TakeConfirmed() {
  confirmed_.start = resolved_prefix_;
  return std::exchange(confirmed_, {});
}

std::vector<ports::OutboxMessage> PublishWindow::TakeToQuarantine() { return std::exchange(to_quarantine_, {}); }

void PublishWindow::Reset(const ports::OutboxPosition& position) {
  fresh_.clear();
  quarantined_.clear();
  chains_.clear();
  ready_.clear();
  in_flight_.clear();
  in_flight_ids_.clear();
  in_flight_count_ = 0;
  suspects_ = 0;
  to_quarantine_.clear();
  confirmed_ = Confirmed{};
  last_added_ = position;
  resolved_prefix_ = position;
}

PublishWindow::Time PublishWindow::OldestInFlight() const {
  for (const Entry* const entry : in_flight_) {
    if (entry != nullptr) return entry->published_at;
  }
  return Time::max();
}

}  // namespace logistics::messaging
