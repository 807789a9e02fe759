// The inventory use cases of the embedded mode.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/stock.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::service {

struct CreateItemRequest {
  std::string sku;
  std::string name;
  std::string description;
  std::string category;
  std::map<std::string, std::string> attributes;
  std::string location_id;  // checked when given; a level comes into being with the first adjustment only
};

struct AdjustRequest {
  std::string item_id;
  std::int64_t quantity = 0;  // signed delta, not 0
  std::string reason;
  std::string location_id;  // empty = the default warehouse
  std::string reference;
  std::optional<std::string> request_id = std::nullopt;  // so that a repetition changes nothing twice
};

struct ItemList {
  ports::ProductPage page;
  int page_number = 1;
  int page_size = 0;
};

struct ReserveRequest {
  struct Item {
    std::string product_id;  // this, sku or both
    std::string sku;
    std::int32_t quantity = 0;
  };
  std::string order_id;      // 1 to 128 printable characters; empty: an id is made
  std::string warehouse_id;  // required, as the mesh's inventory service wants it
  std::vector<Item> items;
};

struct ReserveAnswer {
  std::string reservation_id;  // the order_id
  ports::ReservationAnswer answer;
};

// Of a reservation by either of its names, which are the same id.
struct EndReservationRequest {
  std::string reservation_id;
  std::string order_id;
  std::string reason;  // of a release; for the events and the ledger
};

struct EndReservationAnswer {
  bool changed = false;  // false: it was so already
};

// Thread-safe; calls block. Errors are those of the store, and INVALID_ARGUMENT naming every bad field.
class InventoryService {
 public:
  // All references outlive the service.
  InventoryService(ports::StockStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
                   domain::WarehouseId default_warehouse);

  absl::StatusOr<domain::Product> CreateItem(const CreateItemRequest& request, const ports::CallContext& context);
  absl::StatusOr<domain::Product> GetItem(const std::string& id, const ports::CallContext& context);
  absl::StatusOr<ItemList> ListItems(int page, int page_size, const std::string& category,
                                     const ports::CallContext& context);
  absl::StatusOr<ports::LevelRow> Adjust(const AdjustRequest& request, const ports::CallContext& context);
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<std::string>& item_ids,
                                                      const std::vector<std::string>& location_ids,
                                                      const ports::CallContext& context);

  // Holds all or nothing; an item of an unknown or malformed product is no error of the call, it only cannot be had.
  absl::StatusOr<ReserveAnswer> Reserve(const ReserveRequest& request, const ports::CallContext& context);
  absl::StatusOr<EndReservationAnswer> Release(const EndReservationRequest& request, const ports::CallContext& context);
  absl::StatusOr<EndReservationAnswer> Commit(const EndReservationRequest& request, const ports::CallContext& context);

 private:
  ports::StockStore& store_;
  ports::IdGenerator& ids_;
  const ports::Clock& clock_;
  domain::WarehouseId default_warehouse_;
};

}  // namespace logistics::service
