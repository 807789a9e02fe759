#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "logistics/ports/order_log.hpp"

namespace logistics::service {

// The latest changes without a gap, so that those who lag a little or come back soon need not ask the database. Not
// thread-safe.
class RecentChanges {
 public:
  explicit RecentChanges(std::size_t changes_max) : changes_max_(changes_max) {}

  // Forgets everything; what follows begins behind `place`.
  void Begin(const ports::LogPlace& place);
  // The oldest go when there are more than changes_max.
  void Append(std::shared_ptr<const ports::OrderChange> change);
  // Nothing more is known up to here.
  void MoveTo(const ports::LogPlace& place) { end_ = place; }

  // What comes after a place in [begin, end] is here.
  const ports::LogPlace& begin() const { return begin_; }
  const ports::LogPlace& end() const { return end_; }

  // Visits what lies behind `place`, which is not before begin(), in order, until `visit` gives false.
  template <typename Visit>
  void ForEachAfter(const ports::LogPlace& place, const Visit& visit) const {
    for (auto next = FirstAfter(place); next != changes_.end(); ++next) {
      if (!visit(*next)) return;
    }
  }

 private:
  using Changes = std::deque<std::shared_ptr<const ports::OrderChange>>;
  Changes::const_iterator FirstAfter(const ports::LogPlace& place) const;

  const std::size_t changes_max_;
  ports::LogPlace begin_;
  ports::LogPlace end_;
  Changes changes_;
};

}  // namespace logistics::service
