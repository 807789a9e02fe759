#include "telemetry/admin_http.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace logistics::telemetry {
namespace {

constexpr std::size_t kThreads = 4;
constexpr time_t kReadTimeoutSeconds = 2;
constexpr time_t kWriteTimeoutSeconds = 5;
constexpr std::size_t kRequestBodyBytesMax = 1024;
constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4; charset=utf-8";

// The library's default shares the port between processes (SO_REUSEPORT): a second daemon would take half the scrapes
// of the first instead of being refused.
void SetListenOptions(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

}  // namespace

AdminHttp::AdminHttp(const TelemetryOptions& options, const Readiness& readiness, std::function<std::string()> scrape)
    : host_(options.metrics_host), port_(options.metrics_port), server_(std::make_unique<httplib::Server>()) {
  server_->set_socket_options(SetListenOptions);
  server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server_->set_keep_alive_max_count(1);
  server_->set_read_timeout(kReadTimeoutSeconds);
  server_->set_write_timeout(kWriteTimeoutSeconds);
  server_->set_payload_max_length(kRequestBodyBytesMax);
  server_->Get("/livez",
               [](const httplib::Request&, httplib::Response& response) { response.set_content("ok\n", kPlainText); });
  server_->Get("/readyz", [&readiness](const httplib::Request&, httplib::Response& response) {
    response.status = readiness.ready() ? 200 : 503;
    response.set_content(readiness.Text(), kPlainText);
  });
  server_->Get("/metrics", [scrape = std::move(scrape)](const httplib::Request&, httplib::Response& response) {
    response.set_content(scrape(), kPrometheusText);
  });
}

AdminHttp::~AdminHttp() { Stop(); }

absl::StatusOr<int> AdminHttp::Start() {
  const int port = port_ == 0 ? server_->bind_to_any_port(host_) : (server_->bind_to_port(host_, port_) ? port_ : -1);
  if (port <= 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", host_, ":", port_,
                                               " for /metrics, /livez and /readyz (METRICS_PORT): the port is taken or "
                                               "the address is not of this machine"));
  }
  thread_ = std::thread([this] {
    server_->listen_after_bind();
    ended_ = true;
  });
  return port;
}

void AdminHttp::Stop() {
  if (!thread_.joinable()) return;
  // The library ignores a stop before the thread has begun to accept.
  while (!server_->is_running() && !ended_) std::this_thread::yield();
  server_->stop();
  thread_.join();
}

}  // namespace logistics::telemetry
