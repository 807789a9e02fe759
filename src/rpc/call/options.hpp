#pragma once

#include <string>

#include "absl/time/time.h"

namespace logistics::rpc {

// Limits and times of the gRPC port. Defaults are those of config/logistics-engine.yaml.
struct ServerOptions {
  std::string host = "0.0.0.0";
  int port = 50051;     // 0 = any free port
  int calls_max = 512;  // unary calls admitted at once; one more is RESOURCE_EXHAUSTED with RetryInfo
  // Calls that block have threads of a pool, and a share of calls_max: however slow they are, the others are served.
  int threads_max = 1024;
  int blocking_calls_max = 256;
  int message_bytes_max = 4 * 1024 * 1024;
  absl::Duration default_deadline = absl::Seconds(30);  // for callers that set none
  absl::Duration max_deadline = absl::Minutes(10);      // the longest, whatever the caller sets
  absl::Duration keepalive_time = absl::Seconds(15);    // server pings; with the timeout below the drain time
  absl::Duration keepalive_timeout = absl::Seconds(5);
  absl::Duration keepalive_min_ping_interval = absl::Seconds(10);  // clients that ping more often are cut
};

}  // namespace logistics::rpc
