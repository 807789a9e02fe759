#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/service/streams/stock_updates.hpp"

namespace logistics::service {

// One stream of stock on its way to be live, and while it is live. Not thread-safe: the hub's thread writes it.
//
// Levels are read a page at a time, each page at a later moment. Before a page is offered, the levels of the pages
// before are brought to its moment by their changes. So a stream keeps a key and a position, however many levels it
// has.
class StockStream {
 public:
  // Ids of the scope in any order.
  explicit StockStream(ports::StockScope scope);
  // Once, before all else.
  void SetFeed(std::shared_ptr<StockFeed> feed) { feed_ = std::move(feed); }

  enum class Step {
    kGoOn,
    kParked,  // until its reader has room again
    kCaughtUp,
    kEnded,
    kReplaced,  // the log is not the one behind `head` any more
  };
  // Reads one page and offers what the feed has room for. `head`: of the log that the hub reads; none: the first read
  // gives it. `position`: up to where the hub has read.
  absl::StatusOr<Step> FillOnce(ports::StockLog& log, ports::IdGenerator& ids, const StockUpdatesOptions& options,
                                std::optional<ports::LogHead>& head, std::int64_t position);

  // Whether the change is of its scope, and of a level that was offered, and not in what was offered.
  bool Wants(const ports::StockChange& change) const;

  StockFeed& feed() { return *feed_; }
  const std::vector<domain::ProductId>& products() const { return scope_.products; }
  // Of the levels that were offered, everything up to here was offered.
  std::int64_t position() const { return position_; }
  // Whether a read of its own succeeded.
  bool begun() const { return begun_; }

  // The hub's notes.
  bool live = false;
  bool queued = false;
  bool gone = false;

 private:
  Step OfferLevels(ports::IdGenerator& ids);
  absl::StatusOr<Step> OfferChanges(ports::StockLog& log, int commits_page, const ports::LogHead& head);

  ports::StockScope scope_;  // sorted
  std::shared_ptr<StockFeed> feed_;
  bool begun_ = false;
  std::optional<ports::StockSnapshot> page_;  // read, and not offered before the changes up to it
  std::optional<domain::LevelKey> after_;     // the last level that was offered, while more follow
  bool has_all_levels_ = false;
  std::int64_t position_ = 0;
  // Of the commit behind position_: how many of its changes were looked at when the feed was full.
  std::size_t looked_at_ = 0;
};

}  // namespace logistics::service
