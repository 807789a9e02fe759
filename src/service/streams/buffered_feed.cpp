#include "service/streams/buffered_feed.hpp"

#include <utility>

namespace logistics::service {

BufferedFeed::BufferedFeed(const ports::OrderScope& scope, std::size_t buffer_max, std::function<void()> wake,
                           std::function<void()> refill)
    : scope_(scope),
      buffer_max_(buffer_max),
      wake_(std::move(wake)),
      refill_(std::move(refill)),
      active_since_(Clock::now()) {}

std::optional<OrderUpdate> BufferedFeed::Next() {
  OrderUpdate update;
  bool has_room = false;
  {
    const std::lock_guard lock(mutex_);
    if (end_) return std::nullopt;
    told_token_ = taken_token_;
    if (items_.empty()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    update = {std::move(item.change), item.snapshot, item.snapshot ? "" : TokenOf(item)};
    if (!item.snapshot) taken_token_ = update.resume_token;
    active_since_ = Clock::now();
    has_room = refused_ && items_.size() <= buffer_max_ / 2;
    if (has_room) refused_ = false;
  }
  if (has_room) refill_();
  return update;
}

std::optional<OrderFeedEnd> BufferedFeed::Ended() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void BufferedFeed::Identify(const domain::Uuid& database_id, std::int32_t timeline) {
  const std::lock_guard lock(mutex_);
  database_id_ = database_id;
  timeline_ = timeline;
}

BufferedFeed::Offered BufferedFeed::OfferChange(const std::shared_ptr<const ports::OrderChange>& change) {
  const std::lock_guard lock(mutex_);
  if (change->place <= place_) return Offered::kTaken;
  const Offered offered = Push({change, false, change->place, change->committed_at});
  if (offered != Offered::kFull) place_ = change->place;
  return offered;
}

BufferedFeed::Offered BufferedFeed::OfferState(const std::shared_ptr<const ports::OrderChange>& state) {
  const std::lock_guard lock(mutex_);
  return Push({state, true, {}, absl::InfinitePast()});
}

BufferedFeed::Offered BufferedFeed::OfferToken(const ports::LogPlace& place, absl::Time at) {
  const std::lock_guard lock(mutex_);
  return Push({nullptr, false, place, at});
}

BufferedFeed::Offered BufferedFeed::Push(Item item) {
  if (end_) return Offered::kTaken;
  if (items_.size() >= buffer_max_) {
    refused_ = true;
    return Offered::kFull;
  }
  const bool first = items_.empty();
  items_.push_back(std::move(item));
  if (!first) return Offered::kTaken;
  active_since_ = Clock::now();
  return Offered::kFirst;
}

std::string BufferedFeed::TokenOf(const Item& item) const {
  return EncodeResumeToken({database_id_, timeline_, item.place, item.at});
}

std::size_t BufferedFeed::Room() {
  const std::lock_guard lock(mutex_);
  if (items_.size() < buffer_max_) return buffer_max_ - items_.size();
  refused_ = true;
  return 0;
}

void BufferedFeed::set_place(const ports::LogPlace& place) {
  const std::lock_guard lock(mutex_);
  place_ = place;
}

ports::LogPlace BufferedFeed::place() const {
  const std::lock_guard lock(mutex_);
  return place_;
}

void BufferedFeed::End(const absl::Status& status, const std::optional<ResumePoint>& at) {
  {
    const std::lock_guard lock(mutex_);
    if (end_) return;
    const bool all_told = items_.empty() && told_token_ == taken_token_;
    end_ = OrderFeedEnd{status, all_told && at ? EncodeResumeToken(*at) : told_token_};
    items_.clear();
  }
  wake_();
}

bool BufferedFeed::ended() const {
  const std::lock_guard lock(mutex_);
  return end_.has_value();
}

std::optional<BufferedFeed::Clock::time_point> BufferedFeed::StalledSince() const {
  const std::lock_guard lock(mutex_);
  return items_.empty() || end_ ? std::nullopt : std::optional(active_since_);
}

std::optional<BufferedFeed::Clock::time_point> BufferedFeed::SilentSince() const {
  const std::lock_guard lock(mutex_);
  return !items_.empty() || end_ ? std::nullopt : std::optional(active_since_);
}

}  // namespace logistics::service
