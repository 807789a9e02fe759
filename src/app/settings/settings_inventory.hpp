#pragma once

#include <vector>

#include "app/settings/setting.hpp"

namespace logistics::app {

// The rows of inventory.*: who keeps the stock, and how another service that does is reached and settled with.
std::vector<Setting> InventorySettings();

}  // namespace logistics::app
