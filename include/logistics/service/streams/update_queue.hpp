#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace logistics::service {

// What one stream still has to be told, in order: first what there is, then what changes. Bounded: a reader that falls
// behind is ended instead of growing. One hub writes, one stream reads, from any threads.
template <typename Item>
class UpdateQueue {
 public:
  // `wake` is called whenever the reader has something new to look at, from the writer's thread and without a lock
  // held.
  UpdateQueue(std::size_t behind_max, std::function<void()> wake) : behind_max_(behind_max), wake_(std::move(wake)) {}

  // The writer's side. Begin is called once, before any Offer; its items do not count as behind.
  void Begin(std::vector<Item> items) {
    {
      const std::lock_guard lock(mutex_);
      if (end_) return;
      first_ = std::move(items);
    }
    wake_();
  }
  // False: the reader was more than behind_max items behind, so that this one found no room; nothing was ended.
  [[nodiscard]] bool Offer(std::shared_ptr<const Item> item) {
    {
      const std::lock_guard lock(mutex_);
      if (end_) return true;
      if (items_.size() >= behind_max_) return false;
      items_.push_back(std::move(item));
      if (items_.size() > 1) return true;  // the reader has more to do already
    }
    wake_();
    return true;
  }
  // Forgets what was not read, and ends the stream with this status. The first end stays.
  void End(absl::Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (end_) return;
      end_ = std::move(status);
      first_.clear();
      first_.shrink_to_fit();
      items_.clear();
    }
    wake_();
  }

  // The reader's side. nullopt: nothing now; Ended() tells whether there will be.
  std::optional<Item> Next() {
    const std::lock_guard lock(mutex_);
    if (next_first_ < first_.size()) {
      Item item = std::move(first_[next_first_++]);
      if (next_first_ == first_.size()) {
        first_.clear();
        first_.shrink_to_fit();
        next_first_ = 0;
      }
      return item;
    }
    if (items_.empty()) return std::nullopt;
    Item item = *items_.front();
    items_.pop_front();
    return item;
  }
  std::optional<absl::Status> Ended() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }

 private:
  const std::size_t behind_max_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::vector<Item> first_;                        // guarded by mutex_
  std::size_t next_first_ = 0;                     // guarded by mutex_
  std::deque<std::shared_ptr<const Item>> items_;  // guarded by mutex_; many streams share an item
  std::optional<absl::Status> end_;                // guarded by mutex_
};

}  // namespace logistics::service
