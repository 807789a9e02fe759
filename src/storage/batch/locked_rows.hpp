// Rows that transactions of others lock: which they are, and waiting for one without holding any.
#pragma once

#include <set>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/stock.hpp"
#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {

// Rows that other transactions lock now.
template <typename Key>
struct LockedRows {
  std::vector<Key> stuck;  // their transactions have run for long
  bool passing = false;    // there are others, whose transactions are young, or wait for a lock themselves
};

// Which of these levels are locked. A transaction has run for long after `long_since`, and after four times that where
// it waits for a lock. Waits for none; locks the others until the caller rolls back.
LockedRows<domain::LevelKey> FindLockedLevels(PipelineSession& session, const std::set<domain::LevelKey>& levels,
                                              absl::Duration long_since);

// The same for orders, with the reservations of the same ids.
LockedRows<domain::OrderId> FindLockedOrders(PipelineSession& session, const std::vector<domain::OrderId>& ids,
                                             absl::Duration long_since);

// Ends the transactions of our own sessions that have waited so long for the rest of a statement, and returns how many.
// libpq sends a statement of over 8 KiB in two parts. A replica that freezes between them keeps its locks, since
// Postgres counts its session as active and no timeout of ours applies. Outside a transaction.
int EndStalledWriters(PipelineSession& session, absl::Duration stalled_for);

// Lock one row, and wait for it as long as the transaction's lock_timeout says.
void AwaitLevel(PipelineSession& session, const domain::LevelKey& level);
void AwaitOrder(PipelineSession& session, const domain::OrderId& id);

}  // namespace logistics::storage
