#include "service/streams/recent_changes.hpp"

#include <algorithm>
#include <utility>

namespace logistics::service {

void RecentChanges::Begin(const ports::LogPlace& place) {
  changes_.clear();
  begin_ = place;
  end_ = place;
}

void RecentChanges::Append(std::shared_ptr<const ports::OrderChange> change) {
  end_ = change->place;
  changes_.push_back(std::move(change));
  if (changes_.size() <= changes_max_) return;
  begin_ = changes_.front()->place;
  changes_.pop_front();
}

RecentChanges::Changes::const_iterator RecentChanges::FirstAfter(const ports::LogPlace& place) const {
  return std::partition_point(changes_.begin(), changes_.end(),
                              [&](const auto& change) { return change->place <= place; });
}

}  // namespace logistics::service
