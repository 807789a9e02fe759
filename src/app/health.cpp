#include "app/health.hpp"

#include <iostream>

#include "app/command_line.hpp"
#include "rpc/server/health_probe.hpp"

namespace logistics::app {

int Health(const std::string& address) {
  const absl::Status health = rpc::ProbeHealth(address, rpc::kHealthProbeTimeout);
  if (!health.ok()) {
    std::cerr << "not well: " << health.message() << "\n";
    return kExitFailed;
  }
  std::cout << "serving: " << address << "\n";
  return kExitOk;
}

}  // namespace logistics::app
