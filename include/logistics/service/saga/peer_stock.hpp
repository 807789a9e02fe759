// Our own inventory port where another service keeps the stock.
#pragma once

#include <optional>
#include <string>

#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::service {

// Reads are answered by the peer; all else is UNIMPLEMENTED and names the peer, because stock must have one truth.
// Thread-safe; errors of the reads are those of InventoryPeer.
class PeerStock final : public ports::StockStore, public ports::StockLog {
 public:
  // `address` is shown in errors, without secrets. `peer` outlives it.
  PeerStock(ports::InventoryPeer& peer, std::string address) : peer_(peer), address_(std::move(address)) {}

  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                  const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& warehouses,
                                                      const ports::CallContext& context) override;

  absl::StatusOr<domain::Product> CreateProduct(const domain::Product& product,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& adjustment,
                                         const ports::CallContext& context) override;
  absl::StatusOr<ports::ReservationAnswer> Reserve(const ports::ReservationRequest& hold,
                                                   const ports::CallContext& context) override;
  absl::StatusOr<ports::EndAnswer> Release(const domain::ExternalId& id, const std::string& reason,
                                           const ports::CallContext& context) override;
  absl::StatusOr<ports::EndAnswer> CommitReservation(const domain::ExternalId& id,
                                                     const ports::CallContext& context) override;
  absl::StatusOr<ports::StockSnapshot> Snapshot(const ports::StockScope& scope,
                                                const std::optional<domain::LevelKey>& after, int limit,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::StockChanges> ReadAfter(std::int64_t position, int commits_max,
                                                const ports::CallContext& context) override;

 private:
  absl::Status AskThePeer() const;

  ports::InventoryPeer& peer_;
  const std::string address_;
};

}  // namespace logistics::service
