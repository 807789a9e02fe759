#pragma once

#include "ctl/client/options.hpp"

namespace logistics::ctl {

// Adds "inventory ..."; parsing puts the chosen command into `run`.
void AddInventoryCommands(CLI::App& app, Run& run);

}  // namespace logistics::ctl
