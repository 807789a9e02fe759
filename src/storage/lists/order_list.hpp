#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "logistics/ports/order_store.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// The filters to add to a list that is too long, as a piece of a sentence.
std::string HowToShorten(const ports::OrderQuery& query);

// One page of orders and the total of the filter; both from the transaction's snapshot. Reads the page by an index, or
// sorts at most `count_max` rows, and counts no more of them; 0 = all. INVALID_ARGUMENT where there are more to sort.
absl::StatusOr<ports::OrderPage> ListOrders(Session& session, const ports::OrderQuery& query, std::int64_t count_max);

}  // namespace logistics::storage
