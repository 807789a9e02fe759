#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/external_reservation.hpp"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::ports {

struct LevelRow {
  domain::LevelKey key;
  domain::StockLevel level;
  absl::Time updated_at;
  // The available pieces that a peer reports, where that is not quantity - reserved: its row is damaged.
  std::optional<std::int64_t> said_available = std::nullopt;
  friend bool operator==(const LevelRow&, const LevelRow&) = default;
};

struct ProductPage {
  std::vector<domain::Product> products;  // by SKU
  std::int64_t total_count = 0;
};

struct StockAdjustment {
  domain::LevelKey key;
  std::int64_t delta = 0;
  std::string reason;
  std::string reference;
  std::string request_id = {};  // empty = none
};

// An external reservation that is asked for, known by the id that its maker gave it.
struct ReservationRequest {
  domain::ExternalId id;
  domain::WarehouseId warehouse_id;
  std::vector<domain::WantedItem> items;  // not empty
  bool id_is_new = false;                 // made for this request: its maker cannot repeat it
};

struct ReservationAnswer {
  bool held = false;                            // all pieces, by this call or by an earlier one; else none
  std::vector<domain::ItemAvailability> items;  // one a wanted item, in the order they came
};

// Of a reservation that was to end.
struct EndAnswer {
  bool changed = false;  // false: it had ended so already, or was to be kept
};

// Products, their levels and external reservations, durably (embedded inventory). Thread-safe; blocking and errors as
// in OrderStore.
class StockStore {
 public:
  virtual ~StockStore() = default;

  // ALREADY_EXISTS when the SKU is taken.
  virtual absl::StatusOr<domain::Product> CreateProduct(const domain::Product& product, const CallContext& context) = 0;

  // NOT_FOUND when there is no such product.
  virtual absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const CallContext& context) = 0;

  // `category` empty = all. `page` from 1.
  virtual absl::StatusOr<ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                   const CallContext& context) = 0;

  // Applies domain::StockBook::Adjust under the level's lock, with movement and event. NOT_FOUND: no such product.
  // With a request id, which is remembered for 24 h: the same one with the same level and delta changes nothing more
  // and answers the level as it stands; with others it is ALREADY_EXISTS. A refused adjustment leaves the id free.
  virtual absl::StatusOr<LevelRow> Adjust(const StockAdjustment& adjustment, const CallContext& context) = 0;

  // Levels of these products in these warehouses; an empty list means all. Sorted by key.
  virtual absl::StatusOr<std::vector<LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                       const std::vector<domain::WarehouseId>& warehouses,
                                                       const CallContext& context) = 0;

  // Holds all items or nothing (held = false: an item is short or unknown; nothing is remembered). The same reservation
  // again is answered as held and holds nothing twice, also when two replicas are asked at once. With movements and
  // event. Errors: domain::DecideReservation.
  virtual absl::StatusOr<ReservationAnswer> Reserve(const ReservationRequest& request, const CallContext& context) = 0;

  // Ends a reservation: gives its pieces back, or takes them out of the books. One that has ended so is left alone.
  // With movements and events. Errors: domain::DecideEnd.
  virtual absl::StatusOr<EndAnswer> Release(const domain::ExternalId& id, const std::string& reason,
                                            const CallContext& context) = 0;
  virtual absl::StatusOr<EndAnswer> CommitReservation(const domain::ExternalId& id, const CallContext& context) = 0;
};

}  // namespace logistics::ports
