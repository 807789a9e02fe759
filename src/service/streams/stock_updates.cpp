#include "logistics/service/streams/stock_updates.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/streams/errors.hpp"
#include "service/streams/level_filter.hpp"

namespace logistics::service {

StockUpdates::StockUpdates(ports::StockLog& log, ports::IdGenerator& ids, ports::Metrics& metrics,
                           const StockUpdatesOptions& options)
    : log_(log),
      ids_(ids),
      options_(options),
      behind_(metrics.GetCounter("logistics_stock_streams_behind_total",
                                 "Streams of stock updates that were ended because their reader fell behind")) {}

StockUpdates::~StockUpdates() {
  Stop();
  thread_.request_stop();
}

void StockUpdates::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void StockUpdates::Wake() {
  {
    const std::lock_guard lock(mutex_);
    if (feeds_.empty()) return;
    woken_ = true;
  }
  changed_.notify_one();
}

absl::StatusOr<std::shared_ptr<StockFeed>> StockUpdates::Subscribe(const std::vector<std::string>& item_ids,
                                                                   const std::vector<std::string>& location_ids,
                                                                   std::function<void()> wake) {
  absl::StatusOr<LevelFilter> filter = CheckLevelFilter(item_ids, location_ids);
  if (!filter.ok()) return filter.status();
  auto stream = std::make_unique<Stream>();
  auto feed = std::make_shared<StockFeed>(options_.behind_max, std::move(wake));
  stream->feed = feed;
  stream->products = std::move(filter->products);
  stream->warehouses = std::move(filter->warehouses);
  std::sort(stream->warehouses.begin(), stream->warehouses.end());
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return ShuttingDown();
    if (feeds_.size() >= static_cast<std::size_t>(options_.streams_max)) return TooManyStreams(options_.streams_max);
    feeds_.insert(feed);
    joining_.push_back(std::move(stream));
  }
  changed_.notify_one();
  return feed;
}

void StockUpdates::Unsubscribe(const std::shared_ptr<StockFeed>& feed) {
  {
    const std::lock_guard lock(mutex_);
    if (feeds_.erase(feed) == 0) return;
    leaving_.push_back(feed);
  }
  changed_.notify_one();
}

void StockUpdates::Stop() {
  std::vector<std::shared_ptr<StockFeed>> feeds;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    feeds.assign(feeds_.begin(), feeds_.end());
  }
  // Without the lock: a stream that is woken may leave at once.
  for (const auto& feed : feeds) feed->End(ShuttingDown());
}

void StockUpdates::Loop(const std::stop_token& stop) {
  bool readable = true;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      const auto has_work = [&] { return (woken_ && readable) || !joining_.empty() || !leaving_.empty(); };
      if (streams_.empty()) {
        changed_.wait(lock, stop, has_work);
      } else {
        changed_.wait_for(lock, stop, absl::ToChronoNanoseconds(options_.poll), has_work);
      }
      woken_ = false;
    }
    ApplyJoinsAndLeaves(stop);
    if (streams_.empty()) {
      position_.reset();  // the next stream's snapshot sets it
    } else {
      readable = ReadOn(stop);
    }
  }
}

void StockUpdates::ApplyJoinsAndLeaves(const std::stop_token& stop) {
  std::vector<std::unique_ptr<Stream>> joining;
  std::vector<std::shared_ptr<StockFeed>> leaving;
  {
    const std::lock_guard lock(mutex_);
    joining.swap(joining_);
    leaving.swap(leaving_);
  }
  for (auto& stream : joining) {
    if (stop.stop_requested()) return;
    // A stream that is gone before it began leaves in this turn or in the next.
    if (!stream->feed->Ended()) Join(std::move(stream));
  }
  for (const auto& feed : leaving) Leave(feed.get());
}

void StockUpdates::Join(std::unique_ptr<Stream> stream) {
  const absl::StatusOr<ports::StockSnapshot> snapshot =
      log_.Snapshot(stream->products, stream->warehouses, StreamReadContext());
  if (!snapshot.ok()) return stream->feed->End(snapshot.status());
  // A later snapshot cannot lie before a position that was read, unless the database was replaced.
  if (position_ && snapshot->position < *position_) {
    return stream->feed->End(StreamUnavailable("the database is behind a position that was read before"));
  }
  if (!position_) position_ = snapshot->position;
  stream->from = snapshot->position;
  std::vector<std::shared_ptr<const StockUpdate>> levels;
  levels.reserve(snapshot->levels.size());
  for (const ports::LevelRow& level : snapshot->levels) {
    levels.push_back(std::make_shared<const StockUpdate>(StockUpdate{true, ids_.NewId(), level}));
  }
  Stream* const joined = stream.get();
  streams_.emplace(joined->feed.get(), std::move(stream));
  index_.Add(joined, joined->products);
  joined->feed->Prefill(std::move(levels));
}

void StockUpdates::Leave(const StockFeed* feed) {
  const auto found = streams_.find(feed);
  if (found == streams_.end()) return;
  index_.Remove(found->second.get(), found->second->products);
  streams_.erase(found);
}

bool StockUpdates::ReadOn(const std::stop_token& stop) {
  for (bool more = true; more && !stop.stop_requested();) {
    const absl::StatusOr<ports::StockChanges> page =
        log_.ReadAfter(*position_, options_.commits_page, StreamReadContext());
    if (!page.ok()) return false;  // the position stays, and the changes are read later
    for (const ports::StockChange& change : page->changes) FanOut(change);
    position_ = page->position;
    more = page->more;
  }
  return true;
}

void StockUpdates::FanOut(const ports::StockChange& change) {
  std::shared_ptr<const StockUpdate> update;  // made for the first stream that wants it, and shared by all
  index_.ForEach({change.level.key.product_id}, [&](Stream& stream) {
    if (change.number <= stream.from) return;
    if (!stream.warehouses.empty() &&
        !std::binary_search(stream.warehouses.begin(), stream.warehouses.end(), change.level.key.warehouse_id)) {
      return;
    }
    if (!update) update = std::make_shared<const StockUpdate>(StockUpdate{false, change.id, change.level});
    const Offered offered = stream.feed->Offer(update);
    if (offered == Offered::kFirst) stream.feed->Wake();
    if (offered != Offered::kFull) return;
    behind_.Increment();
    stream.feed->End(
        StreamExhausted(absl::StrCat("the reader fell more than ", options_.behind_max,
                                     " changes behind; connect again, the stream begins with the present levels")));
  });
}

}  // namespace logistics::service
