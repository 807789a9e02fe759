#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/ids.hpp"

namespace logistics::service {

// Levels of these products in these warehouses; an empty list means all.
struct LevelFilter {
  std::vector<domain::ProductId> products;
  std::vector<domain::WarehouseId> warehouses;
};

// INVALID_ARGUMENT naming every bad id, and lists that are too long.
absl::StatusOr<LevelFilter> CheckLevelFilter(const std::vector<std::string>& item_ids,
                                             const std::vector<std::string>& location_ids);

}  // namespace logistics::service
