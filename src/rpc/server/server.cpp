#include "rpc/server/server.hpp"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/admin/admin_rpc.hpp"
#include "rpc/call/call_scope.hpp"
#include "rpc/inventory/inventory_rpc.hpp"
#include "rpc/orders/order_rpc.hpp"
#include "rpc/server/address.hpp"
#include "rpc/server/health_rpc.hpp"
#include "rpc/server/library_log.hpp"
#include "rpc/server/reflection.hpp"
#include "rpc/server/unknown_calls.hpp"

namespace logistics::rpc {
namespace {

// The health service for process supervisors: SERVING while gRPC answers, whatever the database does.
constexpr char kLivenessService[] = "liveness";

// For the statuses of ended streams. Ten thousand streams take about a second; a stuck connection takes all of it.
constexpr absl::Duration kStreamsTime = absl::Seconds(3);

// For answers that are on their way when the last handler has returned.
constexpr absl::Duration kFlushTime = absl::Milliseconds(500);

// gRPC's own limit of a message, above which it answers without a text. Messages between ours and this one are read to
// be refused by us.
int HardMessageLimit(int message_bytes_max) { return 2 * message_bytes_max; }

constexpr char kOrders[] = "order.OrderService";
constexpr char kInventory[] = "inventory.InventoryService";
constexpr char kAdmin[] = "logistics.admin.AdminService";

std::vector<std::string> ServicesOf(bool with_inventory) {
  std::vector<std::string> services = {kOrders, kAdmin};
  if (with_inventory) services.emplace_back(kInventory);
  return services;
}

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

void Configure(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(HardMessageLimit(options.message_bytes_max));
  // Sharing the port would let a second daemon take half the calls of the first instead of being refused.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(options.keepalive_min_ping_interval));
}

}  // namespace

struct Server::Parts {
  Parts(const ServerOptions& options, const AsyncServices& async, service::OrderService& orders,
        service::OrderUpdates& updates_of_orders, service::InventoryService* inventory_service,
        service::StockUpdates* updates_of_stock, ports::IdGenerator& ids, const ports::Clock& clock,
        ports::Metrics& metrics, ports::Log& log, service::Reconciler* reconciler, ports::Inbox* inbox)
      : runtime(options, async.tasks, ids, metrics, log),
        order_rpc(orders, async.orders, updates_of_orders, clock, runtime),
        admin_rpc(reconciler, inbox, runtime),
        unknown_calls(runtime),
        reflection("v1", ServicesOf(inventory_service != nullptr && updates_of_stock != nullptr), runtime),
        reflection_v1alpha("v1alpha", ServicesOf(inventory_service != nullptr && updates_of_stock != nullptr), runtime),
        health(runtime),
        order_updates(updates_of_orders),
        stock_updates(updates_of_stock) {
    services = {&order_rpc, &admin_rpc, &reflection, &reflection_v1alpha, &health};
    if (inventory_service != nullptr && stock_updates != nullptr) {
      inventory_rpc = std::make_unique<InventoryRpc>(*inventory_service, async.inventory, *stock_updates, runtime);
      services.push_back(inventory_rpc.get());
    }
  }

  CallRuntime runtime;
  OrderRpc order_rpc;
  AdminRpc admin_rpc;
  UnknownCalls unknown_calls;
  Reflection reflection;
  Reflection reflection_v1alpha;
  HealthRpc health;
  service::OrderUpdates& order_updates;
  service::StockUpdates* const stock_updates;
  std::unique_ptr<InventoryRpc> inventory_rpc;  // null when inventory is remote
  std::vector<CallService*> services;           // all of the above
  std::mutex mutex;
  std::unique_ptr<grpc::Server> server;  // guarded by mutex; null before Start and after Shutdown
};

Server::Server(const ServerOptions& options, const AsyncServices& async, service::OrderService& orders,
               service::OrderUpdates& order_updates, service::InventoryService* inventory,
               service::StockUpdates* stock_updates, ports::IdGenerator& ids, const ports::Clock& clock,
               ports::Metrics& metrics, ports::Log& log, service::Reconciler* reconciler, ports::Inbox* inbox)
    : parts_(std::make_unique<Parts>(options, async, orders, order_updates, inventory, stock_updates, ids, clock,
                                     metrics, log, reconciler, inbox)) {}

Server::~Server() { Shutdown(absl::Now()); }

absl::StatusOr<int> Server::Start() {
  ForwardLibraryLogs();

  const ServerOptions& options = parts_->runtime.options();
  grpc::ServerBuilder builder;
  Configure(options, builder);
  int port = 0;
  builder.AddListeningPort(JoinHostPort(options.host, options.port), grpc::InsecureServerCredentials(), &port);
  // None by callbacks: gRPC's threads for them would take events of all connections (docs/adr/0013).
  for (CallService* const service : parts_->services) builder.RegisterService(service);
  builder.RegisterAsyncGenericService(&parts_->unknown_calls.service());
  CallLoop& loop = parts_->runtime.loop();
  loop.Take(builder.AddCompletionQueue());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return CannotListen(options.host, options.port);
  for (CallService* const service : parts_->services) service->AwaitCalls();
  parts_->unknown_calls.AwaitCalls();
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->server = std::move(server);
  }
  parts_->health.Set(kLivenessService, true);
  SetServing(false);
  loop.Start();
  return port;
}

void Server::Open() { parts_->runtime.admission().Open(); }

void Server::SetServing(bool serving) {
  const std::lock_guard lock(parts_->mutex);
  if (parts_->server == nullptr) return;
  HealthRpc& health = parts_->health;
  health.Set("", serving);
  for (const std::string& service : ServicesOf(parts_->inventory_rpc != nullptr)) health.Set(service, serving);
}

void Server::Shutdown(absl::Time deadline) {
  SetServing(false);
  std::unique_ptr<grpc::Server> server;
  {
    const std::lock_guard lock(parts_->mutex);
    server = std::move(parts_->server);
  }
  if (server == nullptr) return;
  // gRPC's own Shutdown waits for every open call, and the call of a health watcher never ends. So our calls end before
  // Shutdown, which then cuts the rest soon.
  parts_->runtime.admission().StartDraining();
  const absl::Time streams_deadline = std::min(deadline, absl::Now() + kStreamsTime);
  parts_->order_updates.Stop();
  if (parts_->stock_updates != nullptr) parts_->stock_updates->Stop();
  parts_->runtime.open_streams().WaitUntilNone(streams_deadline);
  parts_->runtime.admission().WaitUntilEmpty(deadline);
  server->Shutdown(absl::ToChronoTime(std::min(deadline, absl::Now() + kFlushTime)));
  // Calls that gRPC has cancelled still wait for their outcome.
  parts_->runtime.loop().Stop();
  parts_->runtime.StopPool();
  server->Wait();
}

}  // namespace logistics::rpc
