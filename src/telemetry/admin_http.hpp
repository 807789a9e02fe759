#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "telemetry/http_server.hpp"
#include "telemetry/options.hpp"
#include "telemetry/readiness.hpp"

namespace logistics::telemetry {

// HTTP for operators, on METRICS_PORT:
//   /livez    200 while the process answers
//   /readyz   200 or 503, with one line a dependency
//   /metrics  Prometheus' text format
// Answers within a second whatever else is connected: a client that sends nothing, or reads nothing, costs no other
// client anything and is closed after seconds. Start and Stop belong to one thread.
class AdminHttp {
 public:
  // `readiness` outlives this; `scrape` is called by a thread of this.
  AdminHttp(const TelemetryOptions& options, const Readiness& readiness, std::function<std::string()> scrape);

  // The port that is listened on. UNAVAILABLE naming host and port when it cannot be had. At most once.
  absl::StatusOr<int> Start();

  // Stops accepting and waits for requests in work (bounded by their time limits). Safe to call twice.
  void Stop() { server_.Stop(); }

 private:
  const std::string host_;
  const int port_;
  HttpServer server_;
};

}  // namespace logistics::telemetry
