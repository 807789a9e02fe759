#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::ports {

// The outcome of a reserve at the peer.
enum class PeerReserve {
  kHeld,     // everything is held
  kRefused,  // not everything is held, but a part of it may be: it has to be released
  kUnknown,  // no answer: all, a part or nothing is held, now or a little later; it has to be released, twice
  kNotSent,  // the peer never saw it: nothing is held
};

struct PeerAvailability {
  domain::StockItem wanted;
  bool in_stock = false;
  std::int64_t available = 0;
  std::string error;  // the peer's words; empty: none
};

struct PeerReserveAnswer {
  PeerReserve outcome = PeerReserve::kNotSent;
  std::vector<PeerAvailability> items;  // kRefused: the peer's answer for each
  std::string message;                  // the peer's words
  // Not OK for kUnknown and kNotSent, and for kRefused by a status (INVALID_ARGUMENT for instance, which can come
  // after earlier items were held).
  absl::Status status;
};

// The outcome of a release or commit at the peer.
enum class PeerSettled {
  kDone,
  kNothingPending,  // the peer has nothing pending under this id: already done, or never held
};

// The inventory service that this daemon calls in remote mode (contract §2, point by point). Thread-safe; a
// call blocks no longer than the context's deadline and the configured call timeout, whichever is sooner.
//
// Errors of every call but Reserve: UNAVAILABLE with a retry hint (no connection, breaker open, deadline, wrong peer),
// RESOURCE_EXHAUSTED; INVALID_ARGUMENT and NOT_FOUND as the peer says them; INTERNAL otherwise. The peer's own words
// are in the log, never in the status.
class InventoryPeer {
 public:
  virtual ~InventoryPeer() = default;

  // Holds `items` (each product once, quantities above 0, not empty) for `order_id`. Sent once, never repeated: to be
  // called at most once for an id.
  virtual PeerReserveAnswer Reserve(const domain::Uuid& order_id, const domain::WarehouseId& warehouse,
                                    const std::vector<domain::StockItem>& items, const CallContext& context) = 0;

  // Both may be sent again: the peer acts only on pending reservations. Not retried inside.
  virtual absl::StatusOr<PeerSettled> Release(const domain::Uuid& order_id, const std::string& reason,
                                              const CallContext& context) = 0;
  virtual absl::StatusOr<PeerSettled> Commit(const domain::Uuid& order_id, const CallContext& context) = 0;

  // Not idempotent and never repeated inside: an error other than INVALID_ARGUMENT or NOT_FOUND leaves it in doubt,
  // unless `sent` comes back false. `sent` is always set.
  virtual absl::StatusOr<LevelRow> Adjust(const StockAdjustment& adjustment, const CallContext& context,
                                          bool& sent) = 0;

  // How long no call will be sent, because too many failed (the breaker is open); zero: calls are sent. Cheap.
  virtual absl::Duration NotAskedFor() const = 0;

  // Reads; repeated inside within a budget, with jitter. Levels of each product in each warehouse; no warehouse: in
  // every one; no product: every level. Asked one product and one warehouse at a time (trap 6).
  virtual absl::StatusOr<std::vector<LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                       const std::vector<domain::WarehouseId>& warehouses,
                                                       const CallContext& context) = 0;
  virtual absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const CallContext& context) = 0;
  // `category` empty = all. `page` from 1.
  virtual absl::StatusOr<ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                   const CallContext& context) = 0;
};

}  // namespace logistics::ports
