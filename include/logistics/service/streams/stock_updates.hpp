// Streams of stock: the present levels, then each change after it committed, anywhere.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/service/streams/fan_out.hpp"
#include "logistics/service/streams/feed.hpp"

namespace logistics::service {

struct StockUpdate {
  bool initial = false;  // a present level; else a change
  domain::Uuid id;
  ports::LevelRow level;
};

// Many streams share one update.
using StockFeed = Feed<std::shared_ptr<const StockUpdate>>;

struct StockUpdatesOptions {
  int streams_max = 1'000;         // at once; one more is RESOURCE_EXHAUSTED
  std::size_t behind_max = 4'096;  // changes that one stream may be behind
  int commits_page = 32;           // commits in one read
  absl::Duration poll = absl::Seconds(1);
};

// Reads the one order of changes once for all streams of this replica, on one thread, and only while there are streams.
// Thread-safe.
//
// Guarantee: a stream gets the levels at one moment and then every change after it, in the order of commits, none lost
// and none twice, also while Postgres is unavailable and after that. A reader that falls more than behind_max changes
// behind is ended with RESOURCE_EXHAUSTED; its changes never take more memory than that.
class StockUpdates {
 public:
  // All references outlive the hub.
  StockUpdates(ports::StockLog& log, ports::IdGenerator& ids, ports::Metrics& metrics,
               const StockUpdatesOptions& options = {});
  // Stops and waits for the thread, which a read may hold up for its time.
  ~StockUpdates();
  StockUpdates(const StockUpdates&) = delete;
  StockUpdates& operator=(const StockUpdates&) = delete;

  void Start();

  // Something was committed somewhere. Cheap; may be lost, since the hub polls too.
  void Wake();

  // Levels of these items at these locations; an empty list means all. INVALID_ARGUMENT naming every bad id,
  // RESOURCE_EXHAUSTED when there are streams_max, UNAVAILABLE after Stop. `wake` as in Feed.
  absl::StatusOr<std::shared_ptr<StockFeed>> Subscribe(const std::vector<std::string>& item_ids,
                                                       const std::vector<std::string>& location_ids,
                                                       std::function<void()> wake);
  // The stream is over. To be called for each subscription, also for one that the hub ended.
  void Unsubscribe(const std::shared_ptr<StockFeed>& feed);

  // Ends all streams with UNAVAILABLE, at once, and refuses new ones.
  void Stop();

 private:
  struct Stream {
    std::shared_ptr<StockFeed> feed;
    std::vector<domain::ProductId> products;
    std::vector<domain::WarehouseId> warehouses;  // sorted
    std::int64_t from = 0;                        // its snapshot's position
  };

  void Loop(const std::stop_token& stop);
  // Streams that have come and gone since the last turn.
  void ApplyJoinsAndLeaves(const std::stop_token& stop);
  void Join(std::unique_ptr<Stream> stream);
  void Leave(const StockFeed* feed);
  // False: the log cannot be read now.
  bool ReadOn(const std::stop_token& stop);
  void FanOut(const ports::StockChange& change);

  ports::StockLog& log_;
  ports::IdGenerator& ids_;
  const StockUpdatesOptions options_;
  ports::Counter& behind_;

  // The thread's own.
  absl::flat_hash_map<const StockFeed*, std::unique_ptr<Stream>> streams_;
  FanOutIndex<domain::ProductId, Stream> index_;
  std::optional<std::int64_t> position_;  // everything up to here was fanned out; none while there are no streams

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;                                     // guarded by mutex_
  bool stopped_ = false;                                   // guarded by mutex_
  std::vector<std::unique_ptr<Stream>> joining_;           // guarded by mutex_
  std::vector<std::shared_ptr<StockFeed>> leaving_;        // guarded by mutex_
  absl::flat_hash_set<std::shared_ptr<StockFeed>> feeds_;  // guarded by mutex_; all that are subscribed
  std::jthread thread_;                                    // last: joined first
};

}  // namespace logistics::service
