#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "telemetry/options.hpp"
#include "telemetry/readiness.hpp"

namespace httplib {
class Server;
}

namespace logistics::telemetry {

// HTTP for operators, on METRICS_PORT:
//   /livez    200 while the process answers
//   /readyz   200 or 503, with one line a dependency
//   /metrics  Prometheus' text format
// A few threads, one request a connection, seconds of patience with slow clients. Start and Stop belong to one thread.
class AdminHttp {
 public:
  // `readiness` outlives this; `scrape` is called by several threads.
  AdminHttp(const TelemetryOptions& options, const Readiness& readiness, std::function<std::string()> scrape);
  ~AdminHttp();
  AdminHttp(const AdminHttp&) = delete;
  AdminHttp& operator=(const AdminHttp&) = delete;

  // The port that is listened on. UNAVAILABLE naming host and port when it cannot be had. At most once.
  absl::StatusOr<int> Start();

  // Stops accepting and waits for requests in work (bounded by their time limits). Safe to call twice.
  void Stop();

 private:
  const std::string host_;
  const int port_;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
  std::atomic<bool> ended_{false};  // the thread no longer accepts
};

}  // namespace logistics::telemetry
