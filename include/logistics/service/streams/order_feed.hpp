// What one stream of order updates still has to be told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "logistics/ports/order_log.hpp"

namespace logistics::service {

// One message of a stream. Its token says: everything up to and including this is told.
struct OrderUpdate {
  std::shared_ptr<const ports::OrderChange> change;  // null: nothing to tell, only a fresh token
  bool snapshot = false;                             // an order as it stands; else a change
  std::string resume_token;                          // empty within a snapshot, whose rest a resume would miss
};

// How a stream ended, and where to go on.
struct OrderFeedEnd {
  absl::Status status;
  std::string resume_token;  // of what was last taken; empty when nothing was
};

// The reader's side of a stream: what there is to be told, in order, at most a bounded number of updates ahead of the
// reader. The hub fills it; how is the hub's business (order_updates.hpp). Thread-safe.
class OrderFeed {
 public:
  virtual ~OrderFeed() = default;

  // The next update. nullopt: nothing now; Ended() tells whether there will be. To be called when the one before is
  // written: taking the next is the sign that the reader reads.
  virtual std::optional<OrderUpdate> Next() = 0;

  // Set once, and then what was not taken is forgotten.
  virtual std::optional<OrderFeedEnd> Ended() const = 0;
};

}  // namespace logistics::service
