#pragma once

#include "ctl/client/options.hpp"

namespace logistics::ctl {

// Adds "inbox ..."; parsing puts the chosen command into `run`.
void AddInboxCommands(CLI::App& app, Run& run);

}  // namespace logistics::ctl
