#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/bell.hpp"
#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/service/streams/stock_updates.hpp"

namespace logistics::service {

// Another log that can be replaced by a third, as by a failover, and that counts. Thread-safe.
class SwitchedStockLog final : public ports::StockLog {
 public:
  explicit SwitchedStockLog(ports::StockLog& log) : log_(&log) {}

  void SwitchTo(ports::StockLog& log, std::int32_t timeline) {
    const std::lock_guard lock(mutex_);
    log_ = &log;
    timeline_ = timeline;
  }
  std::size_t levels_read() const {
    const std::lock_guard lock(mutex_);
    return levels_read_;
  }

  absl::StatusOr<ports::StockSnapshot> Snapshot(const ports::StockScope& scope,
                                                const std::optional<domain::LevelKey>& after, int limit,
                                                const ports::CallContext& context) override {
    const std::lock_guard lock(mutex_);
    auto page = log_->Snapshot(scope, after, limit, context);
    if (page.ok()) {
      page->head.timeline = timeline_;
      levels_read_ += page->levels.size();
    }
    return page;
  }
  absl::StatusOr<ports::StockChanges> ReadAfter(std::int64_t position, int commits_max,
                                                const ports::CallContext& context) override {
    const std::lock_guard lock(mutex_);
    auto page = log_->ReadAfter(position, commits_max, context);
    if (page.ok()) page->head.timeline = timeline_;
    return page;
  }

 private:
  mutable std::mutex mutex_;
  ports::StockLog* log_;         // guarded by mutex_
  std::int32_t timeline_ = 1;    // guarded by mutex_
  std::size_t levels_read_ = 0;  // guarded by mutex_
};

// One stream as a reader sees it.
class StockReader {
 public:
  explicit StockReader(StockUpdates& updates) : updates_(updates) {}
  ~StockReader() { Leave(); }

  absl::Status Subscribe(const std::vector<std::string>& items = {}, const std::vector<std::string>& locations = {}) {
    // The hub may be about to wake a reader that leaves.
    auto feed = updates_.Subscribe(items, locations, [bell = bell_] { bell->Ring(); });
    if (feed.ok()) feed_ = *feed;
    return feed.status();
  }
  void Leave() {
    if (feed_ != nullptr) updates_.Unsubscribe(std::exchange(feed_, nullptr));
  }

  // The next update; null when the stream has ended, or nothing comes.
  std::shared_ptr<const StockUpdate> Next() {
    return bell_
        ->AwaitResult([&] { return feed_->Next(); }, [&] { return feed_->Ended().has_value(); }, absl::Seconds(30))
        .value_or(nullptr);
  }
  std::int64_t NextQuantity() {
    const auto update = Next();
    return update ? update->level.level.quantity : -1;
  }
  std::optional<absl::Status> End() {
    while (Next()) {
    }
    const auto end = feed_->Ended();
    return end ? std::optional(end->status) : std::nullopt;
  }
  StockFeed& feed() { return *feed_; }

 private:
  StockUpdates& updates_;
  std::shared_ptr<StockFeed> feed_;
  const std::shared_ptr<fakes::Bell> bell_ = std::make_shared<fakes::Bell>();
};

class StockUpdatesTest : public testing::Test {
 protected:
  // Never by itself: what is not woken does not come.
  static StockUpdatesOptions WithoutPoll() {
    StockUpdatesOptions options;
    options.poll = absl::Hours(1);
    return options;
  }
  StockUpdates& updates() {
    if (!updates_) {
      updates_.emplace(log_, ids_, metrics_, options_);
      updates_->Start();
    }
    return *updates_;
  }
  domain::ProductId ProductWith(const std::string& sku, std::int64_t quantity) {
    const domain::ProductId id(ids_.NewId());
    EXPECT_THAT(store_.CreateProduct({id, sku, "", "", "", {}, clock_.Now(), clock_.Now()}, {}), fakes::IsOk());
    Adjust(id, quantity);
    return id;
  }
  void Adjust(const domain::ProductId& id, std::int64_t delta) { Adjust(id, delta, warehouse_); }
  void Adjust(const domain::ProductId& id, std::int64_t delta, const domain::WarehouseId& warehouse) {
    EXPECT_THAT(store_.Adjust({{id, warehouse}, delta, "", ""}, {}), fakes::IsOk());
    if (updates_) updates_->Wake();
  }

  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  fakes::CountingMetrics metrics_;
  fakes::MemoryStore store_{ids_, clock_};
  SwitchedStockLog log_{store_};
  const domain::WarehouseId warehouse_{ids_.NewId()};
  StockUpdatesOptions options_ = WithoutPoll();
  std::optional<StockUpdates> updates_;
};

}  // namespace logistics::service
