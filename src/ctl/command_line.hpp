#pragma once

namespace logistics::ctl {

// logisticsctl: parses, calls the server, prints. Returns the exit code (session.hpp). Call once, from main.
int RunCommandLine(int argc, char** argv);

}  // namespace logistics::ctl
