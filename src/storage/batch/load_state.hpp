#pragma once

#include <set>
#include <span>
#include <vector>

#include "logistics/commands/decide.hpp"
#include "storage/batch/product_cache.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// The levels that each command of a batch needs.
using LevelsOfItems = std::vector<std::set<domain::LevelKey>>;

// Claims keys, locks rows and reads them: what the commands of a batch need to be decided, but for the levels, which
// the caller locks next (LockLevels) and which stand in `levels` then. Locks are taken in one order by all writers:
// idempotency keys, request ids of adjustments, SKUs, orders, reservations, stock levels (each sorted by key), and the
// lock of commits last (Commit). Messages and payments need no locks of their own: they are read under the lock of their
// order, which all who write them hold. Throws pqxx exceptions; the transaction is the caller's to begin and end.
commands::State LoadState(Session& session, std::span<const commands::Item> items, ProductCache& products,
                          LevelsOfItems& levels);

}  // namespace logistics::storage
