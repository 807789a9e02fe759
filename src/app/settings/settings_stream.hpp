#pragma once

#include <vector>

#include "app/settings/setting.hpp"

namespace logistics::app {

// The rows of stream.*: how order updates are streamed.
std::vector<Setting> StreamSettings();

}  // namespace logistics::app
