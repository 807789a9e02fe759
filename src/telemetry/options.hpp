#pragma once

#include <string>

namespace logistics::telemetry {

enum class LogFormat { kHuman, kJson };

struct TelemetryOptions {
  std::string metrics_host = "0.0.0.0";
  int metrics_port = 9091;         // /metrics, /livez, /readyz; 0 = any free port
  std::string log_level = "info";  // trace, debug, info, warn, error, off
  LogFormat log_format = LogFormat::kHuman;
};

}  // namespace logistics::telemetry
