#include "logistics/service/inventory_service.hpp"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"
#include "service/paging.hpp"
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

// Reads the wanted items. Gives the places of items whose product_id is no id: these are answered with the others, as
// an item that cannot be had, where everything else is refused by its field.
std::vector<std::size_t> CheckWanted(const std::vector<ReserveRequest::Item>& items,
                                     std::vector<domain::WantedItem>& wanted, FieldChecker& fields) {
  std::vector<std::size_t> malformed;
  if (items.empty() || items.size() > domain::kOrderLinesMax) {
    fields.Add("items", absl::StrCat(items.size(), " items, 1 to ", domain::kOrderLinesMax, " are allowed"));
    return malformed;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const ReserveRequest::Item& item = items[i];
    domain::WantedItem& entry = wanted.emplace_back();
    entry.product_id = domain::ProductId::Parse(item.product_id);
    entry.quantity = item.quantity;
    fields.Text({"sku", "items", i}, item.sku, domain::kShortTextBytesMax);
    if (item.product_id.empty() && item.sku.empty()) {
      fields.Add({"product_id", "items", i}, "is required where sku is empty");
    } else if (!item.product_id.empty() && !entry.product_id) {
      malformed.push_back(i);  // left without a name, so that no product is found
    } else {
      entry.sku = item.sku;
    }
    if (item.quantity < 1 || item.quantity > domain::kLineQuantityMax) {
      fields.Add({"quantity", "items", i},
                 absl::StrCat(item.quantity, " is out of range, 1 to ", domain::kLineQuantityMax));
    }
  }
  return malformed;
}

std::optional<domain::ExternalId> CheckExternalId(const char* field, const std::string& text, FieldChecker& fields) {
  if (text.empty()) return std::nullopt;
  fields.PrintableText(field, text, domain::kExternalIdCharactersMax);
  return domain::ExternalId::Of(text);
}

// reservation_id, or order_id where that is empty: they are the same id.
domain::ExternalId CheckReservationId(const EndReservationRequest& request, FieldChecker& fields) {
  const std::optional<domain::ExternalId> reservation_id =
      CheckExternalId("reservation_id", request.reservation_id, fields);
  const std::optional<domain::ExternalId> order_id = CheckExternalId("order_id", request.order_id, fields);
  if (!reservation_id && !order_id) {
    fields.Add("reservation_id", absl::StrCat("is required where order_id is empty, 1 to ",
                                              domain::kExternalIdCharactersMax, " printable characters"));
    return {};
  }
  if (reservation_id && order_id && *reservation_id != *order_id) {
    fields.Add("order_id",
               absl::StrCat(domain::Quoted(order_id->text), " is not reservation_id, ",
                            domain::Quoted(reservation_id->text), ": a reservation has the id of its order"));
  }
  return reservation_id ? *reservation_id : *order_id;
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
  FieldChecker fields;
  ports::ReservationRequest wanted;
  wanted.id_is_new = request.order_id.empty();
  wanted.id =
      wanted.id_is_new ? domain::ExternalId(ids_.NewId()) : *CheckExternalId("order_id", request.order_id, fields);
  if (const auto warehouse = fields.ParseId<domain::WarehouseId>("warehouse_id", request.warehouse_id)) {
    wanted.warehouse_id = *warehouse;
  }
  const std::vector<std::size_t> malformed = CheckWanted(request.items, wanted.items, fields);
  if (!fields.ok()) return fields.ToStatus();

  absl::StatusOr<ports::ReservationAnswer> held = store_.Reserve(wanted, context);
  if (!held.ok()) return held.status();
  for (const std::size_t i : malformed) {
    held->items[i].error = absl::StrCat("product_id ", domain::Quoted(request.items[i].product_id), " is not a UUID");
  }
  return ReserveAnswer{wanted.id.text, *std::move(held)};
}

absl::StatusOr<EndReservationAnswer> InventoryService::Release(const EndReservationRequest& request,
                                                               const ports::CallContext& context) {
  FieldChecker fields;
  const domain::ExternalId id = CheckReservationId(request, fields);
  fields.Text("reason", request.reason, domain::kLongTextBytesMax);
  if (!fields.ok()) return fields.ToStatus();
  // InventoryReleased must have a reason.
  const std::string reason = request.reason.empty() ? "no reason given" : request.reason;
  const absl::StatusOr<ports::EndAnswer> ended = store_.Release(id, reason, context);
  if (!ended.ok()) return ended.status();
  return EndReservationAnswer{ended->changed};
}

absl::StatusOr<EndReservationAnswer> InventoryService::Commit(const EndReservationRequest& request,
                                                              const ports::CallContext& context) {
  FieldChecker fields;
  const domain::ExternalId id = CheckReservationId(request, fields);
  if (!fields.ok()) return fields.ToStatus();
  const absl::StatusOr<ports::EndAnswer> ended = store_.CommitReservation(id, context);
  if (!ended.ok()) return ended.status();
  return EndReservationAnswer{ended->changed};
}

}  // namespace logistics::service
