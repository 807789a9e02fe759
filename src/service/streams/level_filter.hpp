#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/ports/stock_log.hpp"

namespace logistics::service {

// INVALID_ARGUMENT naming every bad id, and lists that are too long.
absl::StatusOr<ports::StockScope> CheckLevelFilter(const std::vector<std::string>& item_ids,
                                                   const std::vector<std::string>& location_ids);

}  // namespace logistics::service
