#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "logistics/ports/order_log.hpp"
#include "service/streams/resume_token.hpp"

namespace logistics::service {

// How far the one order of changes was read in this term, of which database, and the latest changes without a gap:
// streams that are a little behind need no read of their own. Not thread-safe.
class LiveLog {
 public:
  explicit LiveLog(std::size_t changes_max) : changes_max_(changes_max) {}

  // A term begins behind `place`, which lies at or before the head. It is ready when it has come to the head.
  void Begin(const ports::LogHead& head, const ports::LogPlace& place);
  // The same database, seen again.
  void Confirm(const ports::LogHead& head) { known_ = Known{head, Clock::now()}; }
  // The oldest changes go when there are more than changes_max.
  void Append(std::shared_ptr<const ports::OrderChange> change);
  // No more changes lie up to here. `stamp`: when the place's commit was made; none where the place is the last one.
  // True: the term has become ready.
  bool MoveTo(const ports::LogPlace& place, std::optional<absl::Time> stamp);
  // Not begun until the next Begin.
  void Close();

  bool begun() const { return known_.has_value(); }
  bool ready() const { return ready_; }
  // Where a reader stands that has everything; nullopt before Begin.
  std::optional<ResumePoint> Point() const;

  // When commit `number` was made, where a change of it is here, or it is the last one.
  std::optional<absl::Time> StampOf(std::int64_t number) const;

  // All changes behind a place in [begin, end] are here.
  const ports::LogPlace& begin() const { return begin_; }
  const ports::LogPlace& end() const { return end_; }

  // Visits the changes behind `place`, which is not before begin(), in order, until `visit` gives false.
  template <typename Visit>
  void ForEachAfter(const ports::LogPlace& place, const Visit& visit) const {
    for (auto next = FirstAfter(place); next != changes_.end(); ++next) {
      if (!visit(*next)) return;
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Changes = std::deque<std::shared_ptr<const ports::OrderChange>>;
  // The database as it was when it was last asked.
  struct Known {
    ports::LogHead head;
    Clock::time_point at;
  };

  Changes::const_iterator FirstAfter(const ports::LogPlace& place) const;

  const std::size_t changes_max_;
  std::optional<Known> known_;
  std::int64_t ready_at_ = 0;  // the head when the term began
  bool ready_ = false;
  ports::LogPlace begin_;
  ports::LogPlace end_;
  std::optional<absl::Time> end_stamp_;  // when its commit was made
  Changes changes_;
};

}  // namespace logistics::service
