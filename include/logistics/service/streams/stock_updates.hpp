// Streams of stock: the present levels, then each change after it committed, anywhere.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
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

// Defaults are those of config/logistics-engine.yaml.
struct StockUpdatesOptions {
  int streams_max = 1'000;                                // at once, 1-100,000; one more is RESOURCE_EXHAUSTED
  int buffer = 4'096;                                     // updates that wait for one reader, 16-65,536
  int page = 256;                                         // levels in one read, 8-4,096
  int commits_page = 32;                                  // commits in one read
  absl::Duration poll = absl::Seconds(1);                 // covers lost wake-ups and poolers without LISTEN
  absl::Duration idle_write_timeout = absl::Seconds(60);  // something waits and the reader took nothing for that long
};

class StockStream;

// Reads the one order of changes once for all streams of this replica, on one thread, and only while there are streams.
// Thread-safe.
//
// A stream begins with the present levels, a page at a time as its reader takes them, and is live behind the last.
//
// Guarantee: a stream gets each level once and then every change of that level after it, in the order of commits, none
// lost and none twice, also while Postgres is unavailable and after that. At most `buffer` updates wait for a reader. A
// live stream that needs more, or a reader who takes nothing, is ended with RESOURCE_EXHAUSTED. When the database was
// replaced by another state of it (a failover, a restore), all streams end with UNAVAILABLE: the next one begins anew
// with levels.
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
  using StreamPtr = std::shared_ptr<StockStream>;

  void Loop(const std::stop_token& stop);
  // False: `stop`. `readable`: the last read succeeded.
  bool AwaitTurn(const std::stop_token& stop, bool readable);
  // Streams that have come, have room again, or are gone since the last turn.
  void TakeStreams();
  void Leave(const StockFeed* feed);
  // Both: false, the log cannot be read now.
  bool CatchUp(const std::stop_token& stop);
  bool ReadOn(const std::stop_token& stop);
  void FanOut(const ports::StockChange& change);
  void EndTerm();
  void EndIdleStreams();
  void Refill(const StreamPtr& stream);

  ports::StockLog& log_;
  ports::IdGenerator& ids_;
  const StockUpdatesOptions options_;
  const std::chrono::nanoseconds tick_;
  ports::Counter& behind_;
  ports::Counter& stalled_;

  // The thread's own.
  absl::flat_hash_map<const StockFeed*, StreamPtr> streams_;
  std::deque<StreamPtr> catching_up_;                  // with room in their feeds
  FanOutIndex<domain::ProductId, StockStream> index_;  // the live ones
  std::optional<ports::LogHead> head_;                 // of the log that is read; none while there are no streams
  std::int64_t position_ = 0;                          // everything up to here was fanned out

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;                                     // guarded by mutex_
  bool stopped_ = false;                                   // guarded by mutex_
  std::vector<StreamPtr> ready_;                           // guarded by mutex_; come, or with room again
  std::vector<std::shared_ptr<StockFeed>> leaving_;        // guarded by mutex_
  absl::flat_hash_set<std::shared_ptr<StockFeed>> feeds_;  // guarded by mutex_; all that are subscribed
  std::jthread thread_;                                    // last: joined first
};

}  // namespace logistics::service
