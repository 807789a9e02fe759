#include "app/application.hpp"

#include <spdlog/spdlog.h>

namespace logistics::app {

Application::Application(const Settings& settings, ports::Log& log, telemetry::PrometheusMetrics& metrics,
                         telemetry::Readiness& readiness)
    : settings_(settings),
      readiness_(readiness),
      ids_(clock_),
      database_(settings.database, ids_.NewId(), ids_, clock_, encoder_, metrics, readiness),
      relay_(database_.NewOutbox(), settings.broker, metrics, readiness),
      orders_(database_.orders(), ids_, clock_, settings.orders),
      inventory_(database_.stock(), ids_, clock_, settings.orders.warehouse_id),
      stock_updates_(database_.stock_log(), ids_, metrics),
      server_(settings.server, orders_, &inventory_, &stock_updates_, ids_, metrics, log) {}

Application::~Application() {
  // Parts still report while they end; the server they would tell is among the first to go.
  readiness_.SetListener([](bool) {});
  database_.Silence();
}

absl::Status Application::Start() {
  database_.OnChange([this] { relay_.Wake(); });
  database_.OnChange([this] { stock_updates_.Wake(); });
  database_.Start();
  relay_.Start();
  stock_updates_.Start();
  const absl::StatusOr<int> port = server_.Start();
  if (!port.ok()) return port.status();
  readiness_.SetListener([this](bool ready) { server_.SetServing(ready); });
  spdlog::info("serving gRPC on {}:{}", settings_.server.host, *port);
  return absl::OkStatus();
}

void Application::Stop(absl::Time deadline) {
  readiness_.SetDraining();
  const absl::Duration time = deadline - absl::Now();
  server_.Shutdown(absl::Now() + time * 0.6);
  spdlog::info("calls have ended; telling the broker what is committed");
  relay_.Stop(absl::Now() + (deadline - absl::Now()) * 0.8);
}

}  // namespace logistics::app
