#pragma once

#include <set>
#include <span>
#include <vector>

#include "logistics/commands/decide.hpp"
#include "storage/batch/product_cache.hpp"
#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {

// The levels that each command of a batch needs.
using LevelsOfItems = std::vector<std::set<domain::LevelKey>>;

// Queues what the commands of a batch need to be decided, but for the levels: claims of keys, and rows that are locked
// and read into `state`. Where the levels follow from the commands alone nothing is sent yet; else it is sent, since a
// row or a product says which they are. Then they stand in `levels`, and the caller locks them next (LockLevels) and
// runs the session. `items` and `state` outlive that.
//
// Locks are taken in one order by all writers: idempotency keys, request ids of adjustments, SKUs, orders,
// reservations, stock levels (each sorted by key), and the lock of commits last (QueueCommit). Messages and payments
// need no locks of their own: they are read under the lock of their order, which all who write them hold. Throws what
// the session throws; the transaction is the caller's to begin and end.
void LoadState(PipelineSession& session, std::span<const commands::Item> items, ProductCache& products,
               LevelsOfItems& levels, commands::State& state);

}  // namespace logistics::storage
