#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/inbox.hpp"
#include "logistics/ports/log.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/service/async_inventory_service.hpp"
#include "logistics/service/async_order_service.hpp"
#include "logistics/service/calls/call_queue.hpp"
#include "logistics/service/inventory_service.hpp"
#include "logistics/service/order_service.hpp"
#include "logistics/service/saga/reconciler.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "logistics/service/streams/stock_updates.hpp"
#include "rpc/call/options.hpp"

namespace logistics::rpc {

// What serves calls that hold no thread while they wait; all others block threads of the pool.
struct AsyncServices {
  service::CallQueue& tasks;                            // this server's alone; outlives those who post, not only it
  service::AsyncOrderService* orders = nullptr;         // null: orders block
  service::AsyncInventoryService* inventory = nullptr;  // null: reservations block
};

// The gRPC port: orders, inventory, administration, grpc.health.v1 and reflection. Start, SetServing and Shutdown
// may be called by different threads, Start and Shutdown once each.
class Server {
 public:
  // `inventory` and `stock_updates` may both be null: then inventory.InventoryService is not served. `reconciler` is
  // null when the inventory is embedded, `inbox` when nothing is consumed. All references outlive the server.
  Server(const ServerOptions& options, const AsyncServices& async, service::OrderService& orders,
         service::OrderUpdates& order_updates, service::InventoryService* inventory,
         service::StockUpdates* stock_updates, ports::IdGenerator& ids, const ports::Clock& clock,
         ports::Metrics& metrics, ports::Log& log, service::Reconciler* reconciler = nullptr,
         ports::Inbox* inbox = nullptr);
  // Shuts down at once.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that the server listens on. Calls are UNAVAILABLE with a retry hint until Open: the port comes before all
  // else that replicas compete for. Health answers NOT_SERVING until SetServing. UNAVAILABLE naming host and port when
  // the server cannot listen there; a port is never shared with another process.
  absl::StatusOr<int> Start();

  // Calls are served from now on: what they need is there.
  void Open();

  // The answer of health for "" and for each service; "liveness" is SERVING whatever is set here. No effect before
  // Start and after Shutdown.
  void SetServing(bool serving);

  // Ends streams with their resume tokens, refuses new calls (UNAVAILABLE with RetryInfo) and lets running calls
  // finish. At `deadline` the rest is cancelled: the callers get their status at once. Returns when the last handler
  // has returned, so a handler must only wait for things that end by themselves. Health watchers, callers that do not
  // read and stuck connections hold Shutdown up a few seconds at most.
  void Shutdown(absl::Time deadline);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace logistics::rpc
