#include "telemetry/admin_http.hpp"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace logistics::telemetry {
namespace {

constexpr char kPrometheusText[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

AdminHttp::AdminHttp(const TelemetryOptions& options, const Readiness& readiness, std::function<std::string()> scrape)
    : host_(options.metrics_host),
      port_(options.metrics_port),
      server_(host_, port_, HttpLimits(), [&readiness, scrape = std::move(scrape)](std::string_view path) {
        HttpAnswer answer;
        if (path == "/livez") {
          answer.body = "ok\n";
        } else if (path == "/readyz") {
          answer.status = readiness.ready() ? 200 : 503;
          answer.body = readiness.Text();
        } else if (path == "/metrics") {
          answer.content_type = kPrometheusText;
          answer.body = scrape();
        } else {
          answer.status = 404;
          answer.body = "there are /livez, /readyz and /metrics\n";
        }
        return answer;
      }) {}

absl::StatusOr<int> AdminHttp::Start() {
  const absl::StatusOr<int> port = server_.Start();
  if (port.ok()) return port;
  return absl::UnavailableError(absl::StrCat("cannot listen on ", host_, ":", port_,
                                             " for /metrics, /livez and /readyz (METRICS_PORT): the port is taken or "
                                             "the address is not of this machine"));
}

}  // namespace logistics::telemetry
