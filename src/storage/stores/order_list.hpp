#pragma once

#include "logistics/ports/order_store.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// One page of orders and the total of the filter; both from the transaction's snapshot.
ports::OrderPage ListOrders(Session& session, const ports::OrderQuery& query);

}  // namespace logistics::storage
