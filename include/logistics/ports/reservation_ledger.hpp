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

// The `reserved` of one level at the peer as our reservations explain it, in pieces.
struct ExpectedReserved {
  domain::LevelKey key;
  std::int64_t held = 0;       // orders hold them and no call is due: surely reserved there
  std::int64_t in_flight = 0;  // reserved there or not: an order in the making, or a settlement that is not confirmed
  // Of reservations that were created since the time asked for, settled ones too: the peer may have reserved them for a
  // moment. Counted beside the other two, which may contain them.
  std::int64_t created_since = 0;
  friend bool operator==(const ExpectedReserved&, const ExpectedReserved&) = default;
};

struct ReservationSnapshot {
  absl::Time taken_at;                   // by Postgres' clock; everything older is in it
  std::vector<ExpectedReserved> levels;  // sorted by key, without those that are 0 throughout
};

// A restock that was sent and not answered; an operator decides.
struct RestockInDoubt {
  domain::Uuid reservation_id;
  domain::LevelKey key;
  std::string sku;
  std::int32_t quantity = 0;
  std::string reason;
  absl::Time since;
};

struct Requeued {
  int reservations = 0;
  bool all = true;  // false: the limit was reached, there are more
};

// The stock that our reservations hold at the peer, by our own books (remote mode). Thread-safe; blocks no longer than
// the context's deadline. Errors: UNAVAILABLE when the database is unavailable, DEADLINE_EXCEEDED.
class ReservationLedger {
 public:
  virtual ~ReservationLedger() = default;

  // One state of all reservations. `since` is the taken_at of an earlier snapshot: reservations that changed after it
  // count as in_flight instead of held, and `created_since` is filled. So an answer of the peer in between lies, for
  // each level, between the later `held` and the earlier held + in_flight plus the later `created_since`.
  virtual absl::StatusOr<ReservationSnapshot> Snapshot(std::optional<absl::Time> since, const CallContext& context) = 0;

  // Queues settlements of reservations of these products once more: release of released ones, commit of committed ones,
  // of those made within `made_within`, newest first, at most `limit`. Reservations whose settlement still waits are
  // left alone. Safe to repeat: the peer acts only on pending reservations.
  virtual absl::StatusOr<Requeued> Requeue(const std::vector<domain::ProductId>& products, absl::Duration made_within,
                                           int limit, const CallContext& context) = 0;

  // Oldest first.
  virtual absl::StatusOr<std::vector<RestockInDoubt>> RestocksInDoubt(int limit, const CallContext& context) = 0;
};

}  // namespace logistics::ports
