// The inventory use cases of the embedded mode.
#pragma once

#include <cstdint>
#include <map>
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
};

struct ItemList {
  ports::ProductPage page;
  int page_number = 1;
  int page_size = 0;
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

 private:
  ports::StockStore& store_;
  ports::IdGenerator& ids_;
  const ports::Clock& clock_;
  domain::WarehouseId default_warehouse_;
};

}  // namespace logistics::service
