// The parts that exist only where another service keeps the stock.
#pragma once

#include "app/settings/settings.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/log.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/service/saga/order_saga.hpp"
#include "logistics/service/saga/peer_stock.hpp"
#include "logistics/service/saga/reconciler.hpp"
#include "logistics/service/saga/settler.hpp"
#include "remote_inventory/grpc_inventory_peer.hpp"
#include "remote_inventory/product_directory.hpp"
#include "storage/database.hpp"

namespace logistics::app {

struct RemoteInventory {
  // All references outlive it; `peer` is stopped before they end (RemoteInventory::Stop).
  RemoteInventory(const Settings& settings, storage::Database& database,
                  remote_inventory::GrpcInventoryPeer& inventory_peer, ports::IdGenerator& ids,
                  const ports::Clock& clock, ports::Metrics& metrics, ports::Log& log)
      : peer(inventory_peer),
        products(settings.inventory_peer.directory, peer, clock),
        stock(peer, settings.inventory_peer.url),
        settler(database.settlements(), database.intents(), peer, ids, settings.saga, metrics),
        orders(database.orders(), database.intents(), peer, products, settings.saga, metrics,
               [this] { settler.Wake(); }),
        reconciler(database.reservation_ledger(), database.settlements(), peer, ids, metrics, log,
                   {.settle_alarm_after = settings.saga.settle_alarm_after}),
        reconcile_interval(settings.saga.reconcile_interval) {}

  // The schema exists.
  void Start(const storage::Database& database) {
    settler.Start();
    reconcile_task = database.NewTask("reconcile inventory", reconcile_interval, [this] { reconciler.RunTurn(); });
  }

  // Calls in flight are cancelled first: the settler then ends at once.
  void Stop() {
    peer.Stop();
    reconciler.Stop();
    reconcile_task.reset();
    settler.Stop();
  }

  remote_inventory::GrpcInventoryPeer& peer;
  remote_inventory::PeerProductDirectory products;
  service::PeerStock stock;
  service::Settler settler;
  service::OrderSaga orders;
  service::Reconciler reconciler;
  const absl::Duration reconcile_interval;
  std::unique_ptr<storage::LeasedTask> reconcile_task;  // last: it works with the rest
};

// The daemon keeps the stock, and a peer still keeps that of orders from before: their releases and commits go there.
struct FormerPeer {
  // As in RemoteInventory.
  FormerPeer(const Settings& settings, storage::Database& database, remote_inventory::GrpcInventoryPeer& inventory_peer,
             ports::IdGenerator& ids, ports::Metrics& metrics)
      : peer(inventory_peer), settler(database.settlements(), database.intents(), peer, ids, settings.saga, metrics) {}

  void Stop() {
    peer.Stop();
    settler.Stop();
  }

  remote_inventory::GrpcInventoryPeer& peer;
  service::Settler settler;  // looks for what is due by itself
};

}  // namespace logistics::app
