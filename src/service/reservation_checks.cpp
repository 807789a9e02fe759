#include "service/reservation_checks.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::service {
namespace {

using domain::FieldChecker;

MalformedItems CheckWanted(const std::vector<ReserveRequest::Item>& items, std::vector<domain::WantedItem>& wanted,
                           FieldChecker& fields) {
  MalformedItems malformed;
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
      malformed.emplace(i, item.product_id);  // left without a name, so that no product is found
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

absl::StatusOr<CheckedReserve> CheckReserve(const ReserveRequest& request, ports::IdGenerator& ids) {
  FieldChecker fields;
  CheckedReserve checked;
  ports::ReservationRequest& wanted = checked.wanted;
  wanted.id_is_new = request.order_id.empty();
  wanted.id =
      wanted.id_is_new ? domain::ExternalId(ids.NewId()) : *CheckExternalId("order_id", request.order_id, fields);
  if (const auto warehouse = fields.ParseId<domain::WarehouseId>("warehouse_id", request.warehouse_id)) {
    wanted.warehouse_id = *warehouse;
  }
  checked.malformed = CheckWanted(request.items, wanted.items, fields);
  if (!fields.ok()) return fields.ToStatus();
  return checked;
}

ReserveAnswer AnswerReserve(const domain::ExternalId& id, const MalformedItems& malformed,
                            ports::ReservationAnswer answer) {
  for (const auto& [place, product_id] : malformed) {
    answer.items[place].error = absl::StrCat("product_id ", domain::Quoted(product_id), " is not a UUID");
  }
  return ReserveAnswer{id.text, std::move(answer)};
}

absl::StatusOr<CheckedEnd> CheckRelease(const EndReservationRequest& request) {
  FieldChecker fields;
  CheckedEnd checked{CheckReservationId(request, fields), request.reason};
  fields.Text("reason", request.reason, domain::kLongTextBytesMax);
  if (!fields.ok()) return fields.ToStatus();
  if (checked.reason.empty()) checked.reason = "no reason given";
  return checked;
}

absl::StatusOr<CheckedEnd> CheckCommit(const EndReservationRequest& request) {
  FieldChecker fields;
  CheckedEnd checked{CheckReservationId(request, fields), ""};
  if (!fields.ok()) return fields.ToStatus();
  return checked;
}

}  // namespace logistics::service
