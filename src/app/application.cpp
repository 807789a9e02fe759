#include "app/application.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace logistics::app {

namespace {

template <typename Options>
Options Polling(Options options, const Settings& settings) {
  options.poll = settings.database.notify_poll;
  return options;
}

// Threads of calls that block, beside those that lists hold: one a reader, and some that wait for batches.
constexpr int kWorkersBesideReaders = 8;

rpc::ServerOptions ServerOptionsOf(const Settings& settings) {
  rpc::ServerOptions options = settings.server;
  const storage::DatabaseOptions database = DatabaseOptionsOf(settings);
  options.blocking_calls_max = std::max(options.calls_max / 2, 1);
  int threads = database.readers + kWorkersBesideReaders + database.list_readers + database.lists_waiting_max;
  if (!settings.inventory_peer.url.empty()) {
    // An order that waits for the peer blocks its thread; the saga bounds these orders.
    threads = options.blocking_calls_max = options.calls_max;
  }
  options.threads_max = std::min(options.threads_max, threads);
  return options;
}

}  // namespace

storage::DatabaseOptions DatabaseOptionsOf(const Settings& settings) {
  storage::DatabaseOptions options = settings.database;
  options.inventory_mode = settings.inventory_peer.url.empty() ? "embedded" : "remote";
  // A list that waits is a call too: most calls stay for others.
  options.lists_waiting_max =
      std::clamp(settings.server.calls_max / 4 - options.list_readers, 0, options.lists_waiting_max);
  return options;
}

Application::Application(const Settings& settings, const domain::Uuid& replica_id,
                         remote_inventory::GrpcInventoryPeer* peer, ports::Log& log,
                         telemetry::PrometheusMetrics& metrics, telemetry::Readiness& readiness)
    : settings_(settings),
      readiness_(readiness),
      ids_(clock_),
      database_(DatabaseOptionsOf(settings), replica_id, ids_, clock_, encoder_, metrics, readiness),
      relay_(database_.NewOutbox(), database_.routed_keys(), settings.broker, metrics, readiness),
      remote_(settings.inventory_peer.url.empty()
                  ? nullptr
                  : std::make_unique<RemoteInventory>(settings, database_, *peer, ids_, clock_, metrics, log)),
      former_peer_(remote_ || peer == nullptr
                       ? nullptr
                       : std::make_unique<FormerPeer>(settings, database_, *peer, ids_, metrics)),
      payments_(settings.broker.payments.enabled
                    ? std::make_unique<PaymentsConsumer>(settings.broker, database_, clock_, metrics, readiness)
                    : nullptr),
      orders_(remote_ ? static_cast<ports::OrderStore&>(remote_->orders) : database_.orders(), ids_, clock_,
              settings.orders),
      async_orders_(database_.async_orders(), ids_, clock_, settings.orders),
      inventory_(remote_ ? static_cast<ports::StockStore&>(remote_->stock) : database_.stock(), ids_, clock_,
                 settings.orders.warehouse_id),
      async_inventory_(database_.async_stock(), ids_),
      order_updates_(database_.order_log(), metrics, Polling(settings.order_updates, settings)),
      stock_updates_(remote_ ? static_cast<ports::StockLog&>(remote_->stock) : database_.stock_log(), ids_, metrics,
                     Polling(settings.stock_updates, settings)),
      server_(ServerOptionsOf(settings),
              {calls_, remote_ ? nullptr : &async_orders_, remote_ ? nullptr : &async_inventory_}, orders_,
              order_updates_, &inventory_, &stock_updates_, ids_, clock_, metrics, log,
              remote_ ? &remote_->reconciler : nullptr, &database_.inbox()) {}

Application::~Application() {
  // Parts still report while they end; the server that listens is destroyed among the first.
  readiness_.SetListener([](bool) {});
  database_.Silence();
}

absl::Status Application::Listen() {
  const absl::StatusOr<int> port = server_.Start();
  if (!port.ok()) return port.status();
  grpc_port_ = *port;
  return absl::OkStatus();
}

void Application::Start() {
  database_.OnChange([this] { relay_.Wake(); });
  database_.OnChange([this] { order_updates_.Wake(); });
  database_.OnChange([this] { stock_updates_.Wake(); });
  database_.Start();
  relay_.Start();
  order_updates_.Start();
  stock_updates_.Start();
  if (remote_) remote_->Start(database_);
  if (former_peer_) former_peer_->settler.Start();
  if (payments_) payments_->Start(database_);
  server_.Open();
  readiness_.SetListener([this](bool ready) { server_.SetServing(ready); });
  spdlog::info("serving gRPC on {}:{}", settings_.server.host, grpc_port_);
}

void Application::Stop(absl::Time deadline) {
  readiness_.SetDraining();
  const absl::Duration time = deadline - absl::Now();
  server_.Shutdown(absl::Now() + time * 0.6);
  if (remote_) remote_->Stop();
  if (former_peer_) former_peer_->Stop();
  if (payments_) payments_->Stop(absl::Now() + (deadline - absl::Now()) * 0.4);
  spdlog::info("calls have ended; publishing what is committed");
  relay_.Stop(absl::Now() + (deadline - absl::Now()) * 0.8);
}

}  // namespace logistics::app
