#pragma once

#include <string>

namespace logistics::app {

// logistics-engine health: asks the daemon at `address` (host:port) and says in one line how it is, on stdout when it
// serves and on stderr when not. The exit code (command_line.hpp): kExitOk when it serves, else kExitFailed, never
// kExitUsage: container engines keep 2 for themselves. Within rpc::kHealthProbeTimeout.
int Health(const std::string& address);

}  // namespace logistics::app
