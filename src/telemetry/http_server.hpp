// A small HTTP/1.1 server for probes, which no client can hold up.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace logistics::telemetry {

struct HttpAnswer {
  int status = 200;
  const char* content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpLimits {
  // Connections at once. One more closes one that has its answer, or else the oldest.
  std::size_t connections_max = 256;
  std::size_t head_bytes_max = 8192;
  absl::Duration head_time = absl::Seconds(3);    // from connecting to the end of the request's head
  absl::Duration answer_time = absl::Seconds(5);  // for the client to take the whole answer
  absl::Duration close_time = absl::Seconds(1);   // for the client to close behind it
};

// One thread that never waits for a client: every socket is read and written as far as it goes. One request a
// connection, GET and HEAD only, no body is read. Start and Stop belong to one thread.
class HttpServer {
 public:
  // Answers a path. Called by the server's thread, once for all that ask for the path at the same time.
  using Handler = std::function<HttpAnswer(std::string_view path)>;

  HttpServer(std::string host, int port, HttpLimits limits, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port that is listened on. UNAVAILABLE without a text when it cannot be had. At most once.
  absl::StatusOr<int> Start();

  // Accepts nothing more, drops who has not asked yet, and ends when the last answer is taken or its time is over. Safe
  // to call twice.
  void Stop();

 private:
  void Run();

  const std::string host_;
  const int port_;
  const HttpLimits limits_;
  const Handler handler_;
  int listener_ = -1;
  int wake_ = -1;  // an eventfd: Stop wakes the thread
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace logistics::telemetry
