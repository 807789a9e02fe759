#include "logistics/service/inventory_service.hpp"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"
#include "service/paging.hpp"

namespace logistics::service {
namespace {

using domain::FieldChecker;

// Events carry 32-bit counts, so no change can be larger.
constexpr std::int64_t kDeltaMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kDeltaMax = std::numeric_limits<std::int32_t>::max();

void CheckAttributes(const std::map<std::string, std::string>& attributes, FieldChecker& fields) {
  if (attributes.size() > domain::kAttributesMax) {
    fields.Add("attributes", absl::StrCat(attributes.size(), " are too many, at most ", domain::kAttributesMax));
    return;
  }
  for (const auto& [name, value] : attributes) {
    // The path of a map entry is its key, quoted: attributes["colour"].
    const std::string path = absl::StrCat("attributes[", domain::Quoted(name), "]");
    fields.RequiredText(path.c_str(), name, domain::kShortTextBytesMax);
    fields.Text(path.c_str(), value, domain::kLongTextBytesMax);
  }
}

template <typename IdType>
std::vector<IdType> CheckIds(const char* field, const std::vector<std::string>& texts, FieldChecker& fields) {
  std::vector<IdType> ids;
  if (texts.size() > domain::kLevelIdsMax) {
    fields.Add(field, absl::StrCat(texts.size(), " are too many, at most ", domain::kLevelIdsMax));
    return ids;
  }
  ids.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (const auto id = fields.ParseId<IdType>({"", field, i}, texts[i])) ids.push_back(*id);
  }
  return ids;
}

}  // namespace

InventoryService::InventoryService(ports::StockStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
                                   domain::WarehouseId default_warehouse)
    : store_(store), ids_(ids), clock_(clock), default_warehouse_(default_warehouse) {}

absl::StatusOr<domain::Product> InventoryService::CreateItem(const CreateItemRequest& request,
                                                             const ports::CallContext& context) {
  FieldChecker fields;
  fields.RequiredText("sku", request.sku, domain::kShortTextBytesMax);
  fields.Text("name", request.name, domain::kShortTextBytesMax);
  fields.Text("description", request.description, domain::kLongTextBytesMax);
  fields.Text("category", request.category, domain::kShortTextBytesMax);
  CheckAttributes(request.attributes, fields);
  if (!request.location_id.empty()) fields.ParseId<domain::WarehouseId>("location_id", request.location_id);
  if (!fields.ok()) return fields.ToStatus();

  const absl::Time now = domain::StoredTime(clock_.Now());
  return store_.CreateProduct({domain::ProductId(ids_.NewId()), request.sku, request.name, request.description,
                               request.category, request.attributes, now, now},
                              context);
}

absl::StatusOr<domain::Product> InventoryService::GetItem(const std::string& id, const ports::CallContext& context) {
  FieldChecker fields;
  const auto product_id = fields.ParseId<domain::ProductId>("id", id);
  if (!product_id) return fields.ToStatus();
  return store_.GetProduct(*product_id, context);
}

absl::StatusOr<ItemList> InventoryService::ListItems(int page, int page_size, const std::string& category,
                                                     const ports::CallContext& context) {
  FieldChecker fields;
  const Paging paging = CheckPaging(page, page_size, fields);
  fields.Text("category", category, domain::kShortTextBytesMax);
  if (!fields.ok()) return fields.ToStatus();

  absl::StatusOr<ports::ProductPage> products = store_.ListProducts(category, paging.page, paging.page_size, context);
  if (!products.ok()) return products.status();
  return ItemList{*std::move(products), paging.page, paging.page_size};
}

absl::StatusOr<ports::LevelRow> InventoryService::Adjust(const AdjustRequest& request,
                                                         const ports::CallContext& context) {
  FieldChecker fields;
  const auto product_id = fields.ParseId<domain::ProductId>("item_id", request.item_id);
  std::optional<domain::WarehouseId> warehouse_id = default_warehouse_;
  if (!request.location_id.empty()) {
    warehouse_id = fields.ParseId<domain::WarehouseId>("location_id", request.location_id);
  }
  if (request.quantity == 0) {
    fields.Add("quantity", "0 changes nothing, a change is required");
  } else if (request.quantity < kDeltaMin || request.quantity > kDeltaMax) {
    fields.Add("quantity", absl::StrCat(request.quantity, " is out of range, ", kDeltaMin, " to ", kDeltaMax));
  }
  fields.Text("reason", request.reason, domain::kLongTextBytesMax);
  fields.Text("reference", request.reference, domain::kShortTextBytesMax);
  if (!fields.ok()) return fields.ToStatus();
  return store_.Adjust({{*product_id, *warehouse_id}, request.quantity, request.reason, request.reference}, context);
}

absl::StatusOr<std::vector<ports::LevelRow>> InventoryService::Levels(const std::vector<std::string>& item_ids,
                                                                      const std::vector<std::string>& location_ids,
                                                                      const ports::CallContext& context) {
  FieldChecker fields;
  const auto products = CheckIds<domain::ProductId>("item_ids", item_ids, fields);
  const auto warehouses = CheckIds<domain::WarehouseId>("location_ids", location_ids, fields);
  if (!fields.ok()) return fields.ToStatus();
  return store_.Levels(products, warehouses, context);
}

}  // namespace logistics::service
