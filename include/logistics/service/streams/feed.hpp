#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/status/status.h"

namespace logistics::service {

// How a feed ended, and the item behind which its reader goes on; none when the reader has nothing.
template <typename Item>
struct FeedEnd {
  absl::Status status;
  std::optional<Item> last;
};

enum class Offered {
  kTaken,  // or not needed: the feed has ended
  kFirst,  // taken, and the reader sleeps: the writer calls Wake
  kFull,   // refused; `refill` is called when half of the feed is free again
};

// Items on their way from a hub, which writes, to the reader of one stream, in order.
//
// Bound: `items_max` items wait at most. A full feed refuses an item and keeps what it has.
// The cost of a slow reader is the writer's choice: an end, or a detour through the database until there is room again.
//
// Thread safety: all calls from any thread. `wake` and `refill` run on the thread that causes them, without a lock.
template <typename Item>
class Feed {
 public:
  using Clock = std::chrono::steady_clock;

  // `wake`: the reader has something new to look at. `refill`: a writer that was refused has room again.
  Feed(
      std::size_t items_max, std::function<void()> wake, std::function<void()> refill = [] {})
      : items_max_(items_max), wake_(std::move(wake)), refill_(std::move(refill)) {}

  // The reader's side.

  // The next item. nullopt: nothing now; more may come until Ended(). A call means that the item before is written,
  // also after an end, which then names that item.
  std::optional<Item> Next() {
    std::optional<Item> item;
    bool has_room = false;
    {
      const std::lock_guard lock(mutex_);
      if (end_) {
        if (taken_) end_->last = std::exchange(taken_, std::nullopt);
        return std::nullopt;
      }
      if (taken_) written_ = std::exchange(taken_, std::nullopt);
      if (items_.empty()) return std::nullopt;
      item = std::move(items_.front());
      items_.pop_front();
      taken_ = item;
      active_since_ = Clock::now();
      has_room = refused_ && items_.size() <= items_max_ / 2;
      if (has_room) refused_ = false;
    }
    if (has_room) refill_();
    return item;
  }
  // Set once; then the items that were not taken are dropped.
  std::optional<FeedEnd<Item>> Ended() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }

  // The writer's side.

  [[nodiscard]] Offered Offer(Item item) {
    const std::lock_guard lock(mutex_);
    if (end_) return Offered::kTaken;
    if (items_.size() >= items_max_) {
      refused_ = true;
      return Offered::kFull;
    }
    items_.push_back(std::move(item));
    if (items_.size() > 1) return Offered::kTaken;
    active_since_ = Clock::now();
    return Offered::kFirst;
  }
  // How many may be offered. 0 counts as a refusal.
  std::size_t Room() {
    const std::lock_guard lock(mutex_);
    if (items_.size() < items_max_) return items_max_ - items_.size();
    refused_ = true;
    return 0;
  }
  // Whether half of the feed, or more, is free. False counts as a refusal.
  bool HalfFree() {
    const std::lock_guard lock(mutex_);
    if (items_.size() <= items_max_ / 2) return true;
    refused_ = true;
    return false;
  }
  void Wake() const { wake_(); }
  // Drops the items that wait. A reader that has written everything goes on behind `present` where that is given, else
  // behind the last item that it has written. The first end stays.
  void End(absl::Status status, std::optional<Item> present = std::nullopt) {
    {
      const std::lock_guard lock(mutex_);
      if (end_) return;
      const bool all_written = items_.empty() && !taken_;
      end_ = FeedEnd<Item>{std::move(status), all_written && present ? std::move(present) : written_};
      items_.clear();
    }
    wake_();
  }
  bool ended() const {
    const std::lock_guard lock(mutex_);
    return end_.has_value();
  }

  // Since when items wait and the reader has taken none.
  std::optional<Clock::time_point> StalledSince() const {
    const std::lock_guard lock(mutex_);
    return items_.empty() || end_ ? std::nullopt : std::optional(active_since_);
  }
  // Since when nothing waits and the reader was given nothing.
  std::optional<Clock::time_point> SilentSince() const {
    const std::lock_guard lock(mutex_);
    return !items_.empty() || end_ ? std::nullopt : std::optional(active_since_);
  }

 private:
  const std::size_t items_max_;
  const std::function<void()> wake_;
  const std::function<void()> refill_;

  mutable std::mutex mutex_;
  std::deque<Item> items_;                         // guarded by mutex_
  bool refused_ = false;                           // guarded by mutex_; the writer waits for room
  std::optional<Item> taken_;                      // guarded by mutex_; may be on its way to the reader's caller
  std::optional<Item> written_;                    // guarded by mutex_; the last one
  Clock::time_point active_since_ = Clock::now();  // guarded by mutex_; the last item taken, or the first that waits
  std::optional<FeedEnd<Item>> end_;               // guarded by mutex_
};

}  // namespace logistics::service
