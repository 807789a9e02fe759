#include "service/streams/live_log.hpp"

#include <algorithm>
#include <utility>

namespace logistics::service {

void LiveLog::Begin(const ports::LogHead& head, const ports::LogPlace& place) {
  Confirm(head);
  ready_at_ = head.number;
  ready_ = false;
  changes_.clear();
  begin_ = place;
  end_ = place;
  end_stamp_.reset();
}

void LiveLog::Append(std::shared_ptr<const ports::OrderChange> change) {
  end_ = change->place;
  end_stamp_ = change->committed_at;
  changes_.push_back(std::move(change));
  if (changes_.size() <= changes_max_) return;
  begin_ = changes_.front()->place;
  changes_.pop_front();
}

bool LiveLog::MoveTo(const ports::LogPlace& place, std::optional<absl::Time> stamp) {
  end_ = place;
  if (stamp) end_stamp_ = stamp;
  if (ready_ || end_.number < ready_at_) return false;
  ready_ = true;
  return true;
}

void LiveLog::Close() {
  known_.reset();
  ready_ = false;
}

std::optional<ResumePoint> LiveLog::Point() const {
  if (!known_) return std::nullopt;
  // A change is committed before it is read: the time of a token may be a little early, never late.
  const absl::Time now = known_->head.now + absl::FromChrono(Clock::now() - known_->at);
  return ResumePoint{known_->head.database_id, known_->head.timeline, end_, now, end_stamp_};
}

std::optional<absl::Time> LiveLog::StampOf(std::int64_t number) const {
  if (number == end_.number) return end_stamp_;
  const auto change = FirstAfter({number, {}, 0});
  if (change == changes_.end() || (*change)->place.number != number) return std::nullopt;
  return (*change)->committed_at;
}

LiveLog::Changes::const_iterator LiveLog::FirstAfter(const ports::LogPlace& place) const {
  return std::partition_point(changes_.begin(), changes_.end(),
                              [&](const auto& change) { return change->place <= place; });
}

}  // namespace logistics::service
