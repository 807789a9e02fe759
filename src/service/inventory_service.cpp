#include "logistics/service/inventory_service.hpp"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"
#include "service/paging.hpp"
#include "service/reservation_checks.hpp"
#include "service/streams/level_filter.hpp"

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
    if (name.empty()) fields.RequiredText(path.c_str(), name, domain::kShortTextBytesMax);
    fields.Identifier(path.c_str(), name, domain::kShortTextBytesMax);
    fields.Text(path.c_str(), value, domain::kLongTextBytesMax);
  }
}

}  // namespace

InventoryService::InventoryService(ports::StockStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
                                   domain::WarehouseId default_warehouse)
    : store_(store), ids_(ids), clock_(clock), default_warehouse_(default_warehouse) {}

absl::StatusOr<domain::Product> InventoryService::CreateItem(const CreateItemRequest& request,
                                                             const ports::CallContext& context) {
  FieldChecker fields;
  if (request.sku.empty()) fields.RequiredText("sku", request.sku, domain::kShortTextBytesMax);
  fields.Identifier("sku", request.sku, domain::kShortTextBytesMax);
  fields.Text("name", request.name, domain::kShortTextBytesMax);
  fields.Text("description", request.description, domain::kLongTextBytesMax);
  fields.Identifier("category", request.category, domain::kShortTextBytesMax);
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
  const std::string request_id = request.request_id.value_or("");
  if (request.request_id &&
      (request_id.empty() || request_id.size() > domain::kRequestIdBytesMax || !domain::IsPrintableAscii(request_id))) {
    fields.Add("idempotency-key", absl::StrCat(domain::Quoted(request_id), " is not 1 to ", domain::kRequestIdBytesMax,
                                               " printable ASCII characters"));
  }
  if (!fields.ok()) return fields.ToStatus();
  return store_.Adjust({{*product_id, *warehouse_id}, request.quantity, request.reason, request.reference, request_id},
                       context);
}

absl::StatusOr<std::vector<ports::LevelRow>> InventoryService::Levels(const std::vector<std::string>& item_ids,
                                                                      const std::vector<std::string>& location_ids,
                                                                      const ports::CallContext& context) {
  const absl::StatusOr<ports::StockScope> filter = CheckLevelFilter(item_ids, location_ids);
  if (!filter.ok()) return filter.status();
  return store_.Levels(filter->products, filter->warehouses, context);
}

absl::StatusOr<ReserveAnswer> InventoryService::Reserve(const ReserveRequest& request,
                                                        const ports::CallContext& context) {
  absl::StatusOr<CheckedReserve> checked = CheckReserve(request, ids_);
  if (!checked.ok()) return checked.status();
  absl::StatusOr<ports::ReservationAnswer> held = store_.Reserve(checked->wanted, context);
  if (!held.ok()) return held.status();
  return AnswerReserve(checked->wanted.id, checked->malformed, *std::move(held));
}

absl::StatusOr<EndReservationAnswer> InventoryService::Release(const EndReservationRequest& request,
                                                               const ports::CallContext& context) {
  const absl::StatusOr<CheckedEnd> checked = CheckRelease(request);
  if (!checked.ok()) return checked.status();
  const absl::StatusOr<ports::EndAnswer> ended = store_.Release(checked->id, checked->reason, context);
  if (!ended.ok()) return ended.status();
  return EndReservationAnswer{ended->changed};
}

absl::StatusOr<EndReservationAnswer> InventoryService::Commit(const EndReservationRequest& request,
                                                              const ports::CallContext& context) {
  const absl::StatusOr<CheckedEnd> checked = CheckCommit(request);
  if (!checked.ok()) return checked.status();
  const absl::StatusOr<ports::EndAnswer> ended = store_.CommitReservation(checked->id, context);
  if (!ended.ok()) return ended.status();
  return EndReservationAnswer{ended->changed};
}

}  // namespace logistics::service
