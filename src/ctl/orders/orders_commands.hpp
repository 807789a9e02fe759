#pragma once

#include "ctl/client/options.hpp"

namespace logistics::ctl {

// Adds "orders ..."; parsing puts the chosen command into `run`.
void AddOrdersCommands(CLI::App& app, Run& run);

}  // namespace logistics::ctl
