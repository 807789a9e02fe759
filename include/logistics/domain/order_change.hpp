// Deciding a status change: what it means for the order, its stock and the mesh. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"
#include "logistics/domain/reservation.hpp"

namespace logistics::domain {

// When stock leaves the books (inventory.commit_on).
enum class CommitOn { kShipped, kCreated };

struct StockPolicy {
  CommitOn commit_on = CommitOn::kShipped;
  // Stock that was committed goes back to its level when the order is returned, or cancelled after an early commit.
  bool restock_returns = false;
};

struct StatusChange {
  OrderId order_id;
  OrderStatus new_status = OrderStatus::kUnknown;
  std::string notes;
  std::string changed_by;
  std::optional<std::int64_t> expected_version;
};

// The order's stock moves so in the same transaction.
enum class StockAction { kNone, kRelease, kCommit, kRestock };

struct ChangeDecision {
  bool changes = false;  // false: the order already is in that status; nothing is written nor emitted
  StockAction stock = StockAction::kNone;
};

// ABORTED when expected_version is not the order's version (with both); FAILED_PRECONDITION when the change is not
// legal (with both states). The same status again is no change and no error.
// An order cancelled after `commit_on: created` was committed: its stock was not sold, so it is always restocked, once.
absl::StatusOr<ChangeDecision> DecideChange(const Order& order, const std::optional<Reservation>& reservation,
                                            const StatusChange& change, const StockPolicy& policy);

}  // namespace logistics::domain
