#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/settings/settings.hpp"

namespace logistics::app {

// What no setting can say alone: what must be given, how settings go together, and protection that is asked for but not
// in this version. `shown` gives a setting as it is named in errors: its key, value (masked) and source. One line an
// error; empty when all is well.
std::vector<std::string> CheckSettings(const Settings& settings, SettingsFor purpose,
                                       const std::function<std::string(const std::string& key)>& shown);

}  // namespace logistics::app
