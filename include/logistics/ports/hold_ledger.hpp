#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::ports {

// What the `reserved` of one level at the peer should be by our reservations, in pieces.
struct ExpectedHold {
  domain::LevelKey key;
  std::int64_t held = 0;       // orders hold them and nothing is under way: surely there
  std::int64_t under_way = 0;  // there or not: an order in the making, or something the peer has still to be told
  // Of reservations that came up since the time that was asked for, also those that are settled by now: they may have
  // been there for a moment in between. Counted beside the other two, which may contain them too.
  std::int64_t came_up = 0;
  friend bool operator==(const ExpectedHold&, const ExpectedHold&) = default;
};

struct HoldSnapshot {
  absl::Time taken_at;              // by Postgres' clock; everything older is in it
  std::vector<ExpectedHold> holds;  // sorted by key, without those that are 0 throughout
};

// A restock that was said and not answered; an operator decides.
struct RestockInDoubt {
  domain::Uuid reservation_id;
  domain::LevelKey key;
  std::string sku;
  std::int32_t quantity = 0;
  std::string reason;
  absl::Time since;
};

struct SettledAgain {
  int reservations = 0;
  bool all = true;  // false: the limit was reached, there are more
};

// What we hold at the peer, by our own books (remote mode). Thread-safe; blocks no longer than the context's deadline.
// Errors: UNAVAILABLE when the database is away, DEADLINE_EXCEEDED.
class HoldLedger {
 public:
  virtual ~HoldLedger() = default;

  // One state of all reservations. With `since`, the taken_at of an earlier snapshot: `held` leaves out what changed
  // after it (it is under way), and `came_up` is filled. So whatever the peer said in between lies, for each level,
  // between the later `held` and the earlier held + under_way plus the later `came_up`.
  virtual absl::StatusOr<HoldSnapshot> Snapshot(std::optional<absl::Time> since, const CallContext& context) = 0;

  // Lets the peer be told again what it was told of reservations of these products: release of released ones, commit of
  // committed ones, those made within `made_within`, newest first, at most `limit`. Leaves alone what has still to be
  // told anyway. Safe to repeat: the peer acts only on what is pending there.
  virtual absl::StatusOr<SettledAgain> SettleAgain(const std::vector<domain::ProductId>& products,
                                                   absl::Duration made_within, int limit,
                                                   const CallContext& context) = 0;

  // Oldest first.
  virtual absl::StatusOr<std::vector<RestockInDoubt>> RestocksInDoubt(int limit, const CallContext& context) = 0;
};

}  // namespace logistics::ports
