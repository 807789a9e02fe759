// The commands of the daemon, once its settings are known to be right.
#pragma once

#include "app/settings/settings.hpp"

namespace logistics::app {

// Runs the daemon until SIGTERM or SIGINT, or until it cannot go on. Returns the process' exit code
// (command_line.hpp): 0 after an orderly stop within the drain time, 1 when the start or the stop failed.
// Blocks; call once a process, from the main thread: it takes over the process' signals.
int Serve(const Settings& settings);

// Brings the database's schema to this release and returns: 0, or 1 with the reason in the log. May run beside other
// replicas that start or serve; it waits for a migration that runs elsewhere.
int Migrate(const Settings& settings);

// Gives a database that was restored from a backup a new identity: resume tokens of the state before are refused from
// then on. 0, or 1 with the reason in the log.
int Restored(const Settings& settings);

}  // namespace logistics::app
