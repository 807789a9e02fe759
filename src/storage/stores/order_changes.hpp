// The changes of orders after a place, in the order of commits, a page at a time (ports/order_log.hpp).
#pragma once

#include "logistics/ports/order_log.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Each reads in the session's transaction, which is one snapshot. The form of each statement fixes the index that leads
// it, so that a page costs a page whatever the tables' statistics say.

// The changes of the next `limit` commits.
ports::OrderChanges ChangesOfAll(Session& session, const ports::LogPlace& place, int limit);

// About `limit` changes, of whole commits.
ports::OrderChanges ChangesOfOrder(Session& session, const domain::OrderId& id, const ports::LogPlace& place,
                                   int limit);

// The same. For a customer of many orders it looks at a bounded number of commits, so a page may be empty while more
// follow.
ports::OrderChanges ChangesOfCustomer(Session& session, const domain::CustomerId& id, const ports::LogPlace& place,
                                      int limit);

// The id of the change that made this version of this order.
domain::Uuid ChangeId(const ports::LogPlace& place);

}  // namespace logistics::storage
