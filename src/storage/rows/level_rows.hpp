// Levels as rows.
#pragma once

#include <vector>

#include "logistics/ports/stock_store.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Levels of these products in these warehouses; an empty list means all. Sorted by key.
std::vector<ports::LevelRow> ReadLevels(Session& session, const std::vector<domain::ProductId>& products,
                                        const std::vector<domain::WarehouseId>& warehouses);

}  // namespace logistics::storage
