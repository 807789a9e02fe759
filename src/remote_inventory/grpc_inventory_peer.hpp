#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "inventory.grpc.pb.h"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/health.hpp"
#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/metrics.hpp"
#include "remote_inventory/options.hpp"
#include "remote_inventory/peer_caller.hpp"
#include "remote_inventory/peer_url.hpp"
#include "remote_inventory/peer_watch.hpp"

namespace logistics::remote_inventory {

// The inventory service over gRPC, behind a circuit breaker. Nothing is stored here: after a crash the caller's rows
// decide how an unknown outcome is undone.
class GrpcInventoryPeer final : public ports::InventoryPeer {
 public:
  // Begins connecting, in the background and for ever; an absent peer is reported as health component "inventory", not
  // as an error. `clock` is for the breaker. References outlive the peer. INVALID_ARGUMENT: the URL or the file of
  // authorities.
  static absl::StatusOr<std::unique_ptr<GrpcInventoryPeer>> Connect(const PeerOptions& options,
                                                                    const ports::Clock& clock, ports::Metrics& metrics,
                                                                    ports::HealthReporter& health);
  ~GrpcInventoryPeer() override;

  // Ends the calls in flight (a reserve among them is kUnknown) and the watch; later calls are not sent. May be called
  // more than once.
  void Stop();

  ports::PeerReserveAnswer Reserve(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                   const std::vector<domain::StockItem>& items,
                                   const ports::CallContext& context) override;
  absl::StatusOr<ports::PeerSettled> Release(const domain::Uuid& order_id, const std::string& reason,
                                             const ports::CallContext& context) override;
  absl::StatusOr<ports::PeerSettled> Commit(const domain::Uuid& order_id, const ports::CallContext& context) override;
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& adjustment, const ports::CallContext& context,
                                         bool& sent) override;
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& warehouses,
                                                      const ports::CallContext& context) override;
  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                  const ports::CallContext& context) override;

  absl::Duration NotAskedFor() const override { return caller_.breaker().ClosedToCallsFor(); }

  // For tests and for texts.
  CircuitBreaker& breaker() { return caller_.breaker(); }
  const std::string& display() const { return url_.display; }

 private:
  GrpcInventoryPeer(const PeerOptions& options, PeerUrl url, const std::shared_ptr<grpc::Channel>& channel,
                    const ports::Clock& clock, ports::Metrics& metrics, ports::HealthReporter& health);

  // One question; empty ids are left out.
  absl::StatusOr<std::vector<ports::LevelRow>> AskLevels(const std::string& product, const std::string& warehouse,
                                                         const ports::CallContext& context);

  const PeerUrl url_;
  PeerCaller caller_;
  const std::unique_ptr<::inventory::InventoryService::Stub> stub_;
  PeerWatch watch_;
};

}  // namespace logistics::remote_inventory
