#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/log_head.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::ports {

// Levels of these products in these warehouses; an empty list means all.
struct StockScope {
  std::vector<domain::ProductId> products;
  std::vector<domain::WarehouseId> warehouses;
};

// A change of one level, as the level after it.
struct StockChange {
  std::int64_t number = 0;  // of its commit, in the one order of changes
  domain::Uuid id;          // the same wherever and whenever it is read
  LevelRow level;           // updated_at: when it changed
};

// Levels as they are after all commits up to the head, and nothing later.
struct StockSnapshot {
  LogHead head;
  std::vector<LevelRow> levels;          // sorted by key
  std::optional<domain::LevelKey> next;  // set when more follow: the last of these
};

// Whole commits, in their order.
struct StockChanges {
  LogHead head;               // of the database that was read, at that moment
  std::int64_t position = 0;  // everything up to here is read; where nothing follows, where the reading began
  std::vector<StockChange> changes;
  bool more = false;  // the next page may be there already
};

// The one order of changes, as far as it is about stock: numbers have no gaps and nothing commits below a number that
// was seen, so a snapshot and the changes after its head are everything, once. A reader compares the heads of its reads
// (IsSameLog). Thread-safe; blocking. UNAVAILABLE with a retry hint while the database is unavailable.
class StockLog {
 public:
  virtual ~StockLog() = default;

  // Up to `limit` levels of the scope, behind `after`.
  virtual absl::StatusOr<StockSnapshot> Snapshot(const StockScope& scope, const std::optional<domain::LevelKey>& after,
                                                 int limit, const CallContext& context) = 0;

  // The changes of up to `commits_max` commits after `position`.
  virtual absl::StatusOr<StockChanges> ReadAfter(std::int64_t position, int commits_max,
                                                 const CallContext& context) = 0;
};

}  // namespace logistics::ports
