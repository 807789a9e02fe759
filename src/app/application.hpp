// The composition root: the one place that knows which implementation stands behind each port.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "app/payments_consumer.hpp"
#include "app/remote_inventory.hpp"
#include "app/settings/settings.hpp"
#include "app/system_clock.hpp"
#include "app/uuid_v7.hpp"
#include "logistics/ports/log.hpp"
#include "logistics/service/async_inventory_service.hpp"
#include "logistics/service/async_order_service.hpp"
#include "logistics/service/calls/call_queue.hpp"
#include "logistics/service/inventory_service.hpp"
#include "logistics/service/order_service.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "logistics/service/streams/stock_updates.hpp"
#include "messaging/events/event_encoder.hpp"
#include "messaging/relay/relay.hpp"
#include "rpc/server/server.hpp"
#include "storage/database.hpp"
#include "telemetry/prometheus_metrics.hpp"
#include "telemetry/readiness.hpp"

namespace logistics::app {

// With the release, and the inventory mode that follows from the other settings.
storage::DatabaseOptions DatabaseOptionsOf(const Settings& settings);

// The serving daemon. Listen, Start and Stop belong to one thread.
class Application {
 public:
  // References outlive the application. `peer` keeps the stock, or that of earlier orders only; null: this daemon keeps
  // all stock.
  Application(const Settings& settings, const domain::Uuid& replica_id, remote_inventory::GrpcInventoryPeer* peer,
              ports::Log& log, telemetry::PrometheusMetrics& metrics, telemetry::Readiness& readiness);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Listens on the gRPC port; calls are refused until Start, which follows at once. Touches no database. UNAVAILABLE
  // naming the port when it is taken.
  absl::Status Listen();

  // Serves from here on. The schema exists, and the replica is registered.
  void Start();

  // Stops accepting, lets running calls and handlers of messages finish, publishes committed events, each within its
  // share of the time until `deadline`. Events that are not published stay in the outbox.
  void Stop(absl::Time deadline);

 private:
  const Settings& settings_;
  telemetry::Readiness& readiness_;
  SystemClock clock_;
  UuidV7Generator ids_;
  messaging::JsonEventEncoder encoder_;
  service::CallQueue calls_;  // outlives the database, whose batches answer calls
  storage::Database database_;
  messaging::Relay relay_;
  std::unique_ptr<RemoteInventory> remote_;     // null: embedded
  std::unique_ptr<FormerPeer> former_peer_;     // null: remote, or no orders hold stock elsewhere
  std::unique_ptr<PaymentsConsumer> payments_;  // null: payments of other services are not handled
  service::OrderService orders_;
  service::AsyncOrderService async_orders_;  // of an embedded inventory
  service::InventoryService inventory_;
  service::AsyncInventoryService async_inventory_;  // likewise
  service::OrderUpdates order_updates_;
  service::StockUpdates stock_updates_;
  rpc::Server server_;
  int grpc_port_ = 0;  // since Listen
};

}  // namespace logistics::app
