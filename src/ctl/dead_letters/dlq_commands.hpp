#pragma once

#include "ctl/client/options.hpp"

namespace logistics::ctl {

// Adds "dlq ..."; parsing puts the chosen command into `run`.
void AddDlqCommands(CLI::App& app, Run& run);

}  // namespace logistics::ctl
