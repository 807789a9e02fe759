#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/order_status.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/log_head.hpp"

namespace logistics::ports {

// A place in the one order of changes: behind this change of this order in this commit. Within a commit changes are
// sorted by order and version.
struct LogPlace {
  std::int64_t number = 0;  // of the commit; 0 is before all
  domain::OrderId order_id;
  std::int64_t version = 0;

  // Behind everything of commit `number`.
  static LogPlace AfterCommit(std::int64_t number) {
    domain::Uuid::Bytes last;
    last.fill(0xFF);
    return {number, domain::OrderId(domain::Uuid(last)), std::numeric_limits<std::int64_t>::max()};
  }
  friend auto operator<=>(const LogPlace&, const LogPlace&) = default;
};

// The orders of a read: one, those of one customer, or all. At most one of the two is set.
struct OrderScope {
  std::optional<domain::OrderId> order_id;
  std::optional<domain::CustomerId> customer_id;
  friend bool operator==(const OrderScope&, const OrderScope&) = default;
};

// One change of an order's status; creation is version 1 and comes from kUnknown.
struct OrderChange {
  LogPlace place;
  domain::Uuid id;  // the same wherever and whenever it is read
  domain::CustomerId customer_id;
  domain::OrderStatus previous = domain::OrderStatus::kUnknown;
  domain::OrderStatus status = domain::OrderStatus::kUnknown;
  std::string notes;
  absl::Time changed_at;
  absl::Time committed_at;  // by Postgres' clock
};

// Changes in the order of commits.
struct OrderChanges {
  LogPlace place;  // everything of the scope up to here is read
  std::vector<std::shared_ptr<const OrderChange>> changes = {};
  bool more = false;  // the next page may be there already
  // Of reads of all orders: when the commits were made that `place` is behind, before the read and after it. None:
  // there is no such commit.
  std::optional<absl::Time> began_behind = {};
  std::optional<absl::Time> committed_at = {};
};

// Orders as they stand, in the order of creation.
struct OrderStates {
  std::int64_t number = 0;  // of the last commit that they show
  // As changes: `version`, `status` and `changed_at` are the present ones, `notes` the order's; `previous` is kUnknown,
  // `place.number` is `number`, `committed_at` is the database's clock.
  std::vector<std::shared_ptr<const OrderChange>> orders;
  struct After {
    absl::Time created_at;
    domain::OrderId id;
  };
  std::optional<After> next;  // set when more follow
};

// The one order of changes, as far as it is about orders' status: numbers have no gaps and nothing commits below a
// number that was seen, so a state and the changes after its number are everything. Thread-safe; blocking. UNAVAILABLE
// with a retry hint while the database is unavailable; DEADLINE_EXCEEDED when no connection was free in time.
class OrderLog {
 public:
  virtual ~OrderLog() = default;

  virtual absl::StatusOr<LogHead> Head(const CallContext& context) = 0;

  // The scope's changes after `place`. For all orders: those of the next `limit` commits, the rest of the place's own
  // included. For an order or a customer: up to about `limit` changes; whole commits. A customer of many orders is
  // searched some hundred commits a call, so that a page may be empty while there are `more`. OUT_OF_RANGE: changes
  // behind `place` may be deleted.
  virtual absl::StatusOr<OrderChanges> ReadAfter(const OrderScope& scope, const LogPlace& place, int limit,
                                                 const CallContext& context) = 0;

  // Up to `limit` orders of the scope, behind `after`.
  virtual absl::StatusOr<OrderStates> States(const OrderScope& scope, const std::optional<OrderStates::After>& after,
                                             int limit, const CallContext& context) = 0;

  // When commit `number` was made; nullopt: there is no such commit. In two states of a database, commits of one number
  // were made at different times. OUT_OF_RANGE: it is deleted, because of its age.
  virtual absl::StatusOr<std::optional<absl::Time>> CommittedAt(std::int64_t number, const CallContext& context) = 0;

  // The last commit up to `number` that is older than `time`; 0 when there is none.
  virtual absl::StatusOr<std::int64_t> NumberBefore(absl::Time time, std::int64_t number,
                                                    const CallContext& context) = 0;
};

}  // namespace logistics::ports
