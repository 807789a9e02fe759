#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "logistics/service/streams/order_feed.hpp"
#include "service/streams/resume_token.hpp"

namespace logistics::service {

// The feed of one stream: a bounded buffer between the hub's threads and the stream's. Thread-safe.
class BufferedFeed final : public OrderFeed {
 public:
  using Clock = std::chrono::steady_clock;

  // `wake` tells the reader that there is something; `refill` asks the hub to go on with a reader that had no room and
  // has some again. Both are called without a lock held.
  BufferedFeed(const ports::OrderScope& scope, std::size_t buffer_max, std::function<void()> wake,
               std::function<void()> refill);

  std::optional<OrderUpdate> Next() override;
  std::optional<OrderFeedEnd> Ended() const override;

  // The hub's side.

  // Whose tokens this feed gives out. Before anything is offered.
  void Identify(const domain::Uuid& database_id, std::int32_t timeline);

  enum class Offered {
    kTaken,  // or not needed: it lies at or before what was offered already
    kFirst,  // taken, and the reader has to be woken (Wake)
    kFull,   // no room: not taken. The hub hears by `refill` when half of the buffer is free
  };
  Offered OfferChange(const std::shared_ptr<const ports::OrderChange>& change);
  Offered OfferState(const std::shared_ptr<const ports::OrderChange>& state);
  // Nothing to tell up to here: a fresh token.
  Offered OfferToken(const ports::LogPlace& place, absl::Time at);
  void Wake() const { wake_(); }

  // How many may be offered. 0 is kFull.
  std::size_t Room();

  // Everything up to here was offered. The next place to read from when nothing of the scope lay between.
  void set_place(const ports::LogPlace& place);
  ports::LogPlace place() const;
  const ports::OrderScope& scope() const { return scope_; }

  // `at`: where a reader that has taken everything stands. The first end stays.
  void End(const absl::Status& status, const std::optional<ResumePoint>& at = std::nullopt);
  bool ended() const;

  // Since when something waits and the reader has taken nothing.
  std::optional<Clock::time_point> StalledSince() const;
  // Since when the reader has taken everything and heard nothing.
  std::optional<Clock::time_point> SilentSince() const;

 private:
  struct Item {
    std::shared_ptr<const ports::OrderChange> change;  // null: a token
    bool snapshot = false;
    ports::LogPlace place;
    absl::Time at;
  };

  // Require mutex_.
  Offered Push(Item item);
  std::string TokenOf(const Item& item) const;

  const ports::OrderScope scope_;
  const std::size_t buffer_max_;
  const std::function<void()> wake_;
  const std::function<void()> refill_;

  mutable std::mutex mutex_;
  domain::Uuid database_id_;         // guarded by mutex_
  std::int32_t timeline_ = 0;        // guarded by mutex_
  ports::LogPlace place_;            // guarded by mutex_; everything of the scope up to here was offered
  std::deque<Item> items_;           // guarded by mutex_
  bool refused_ = false;             // guarded by mutex_; the hub waits for room
  std::string taken_token_;          // guarded by mutex_; of the last update that was taken
  std::string told_token_;           // guarded by mutex_; of the last one that is known to be written
  Clock::time_point active_since_;   // guarded by mutex_; when the reader last took something, or got something to take
  std::optional<OrderFeedEnd> end_;  // guarded by mutex_
};

}  // namespace logistics::service
