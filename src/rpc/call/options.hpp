#pragma once

#include <string>

#include "absl/time/time.h"

namespace logistics::rpc {

// Limits and times of the gRPC port. Defaults are those of config/logistics-engine.yaml.
struct ServerOptions {
  std::string host = "0.0.0.0";
  int port = 50051;     // 0 = any free port
  int calls_max = 512;  // unary calls admitted at once; one more is RESOURCE_EXHAUSTED with RetryInfo
  // gRPC's own bound. A full pool refuses with a bare error that is not counted, so the bound lies a burst above
  // calls_max: measured with 512 admitted and 1000 in flight, 576 leave half of the refusals to gRPC, 1024 none.
  int threads_max = 1024;
  int message_bytes_max = 4 * 1024 * 1024;
  absl::Duration default_deadline = absl::Seconds(30);  // for callers that set none
  absl::Duration max_deadline = absl::Minutes(10);      // the longest, whatever the caller sets
  absl::Duration keepalive_time = absl::Seconds(15);    // server pings; with the timeout below the drain time
  absl::Duration keepalive_timeout = absl::Seconds(5);
  absl::Duration keepalive_min_ping_interval = absl::Seconds(10);  // clients that ping more often are cut
};

}  // namespace logistics::rpc
