#pragma once

#include <string>

namespace logistics::app {

// Exit codes of the daemon, the same for all its commands.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed =
    1;  // it could not go on, or not print its answer: the reason is in the log or on stderr
inline constexpr int kExitUsage = 2;  // the command line or the settings are wrong; nothing was started

// logistics-engine serve|migrate|restored|check-config|health|--version: reads the settings (settings.hpp) and runs the
// command. Wrong settings are all written to stderr, then kExitUsage; with health in one line, then kExitFailed
// (health.hpp). `release` is what this build calls itself. Call once, from main.
int RunCommandLine(const std::string& release, int argc, char** argv);

}  // namespace logistics::app
