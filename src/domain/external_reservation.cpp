#include "logistics/domain/external_reservation.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::domain {
namespace {

// The place of a product in pieces sorted by product.
std::vector<StockItem>::const_iterator PlaceOf(const std::vector<StockItem>& pieces, const ProductId& product) {
  return std::lower_bound(pieces.begin(), pieces.end(), product,
                          [](const StockItem& item, const ProductId& id) { return item.product_id < id; });
}

std::int64_t PiecesOf(const std::vector<StockItem>& pieces, const ProductId& product) {
  const auto place = PlaceOf(pieces, product);
  return place == pieces.end() || place->product_id != product ? 0 : place->quantity;
}

void AddPieces(std::vector<StockItem>& pieces, StockItem item) {
  const auto place = pieces.begin() + (PlaceOf(pieces, item.product_id) - pieces.cbegin());
  if (place == pieces.end() || place->product_id != item.product_id) {
    pieces.insert(place, std::move(item));
  } else {
    place->quantity += item.quantity;
  }
}

absl::Status RefusedState(const ExternalId& id, const std::string& what, const std::string& state) {
  const std::string description = absl::StrCat("it is ", state);
  return ConditionError(absl::StatusCode::kFailedPrecondition,
                        absl::StrCat("reservation ", id.text, " cannot be ", what, ": ", description),
                        {{"RESERVATION", id.text, description}});
}

absl::Status OwnOrderError(const ExternalId& id) {
  const std::string description = "it is the stock of an order, which only the order's own calls change";
  return ConditionError(absl::StatusCode::kFailedPrecondition, absl::StrCat("reservation ", id.text, ": ", description),
                        {{"RESERVATION", id.text, description}});
}

std::string NameOf(ReservationState state) { return std::string(ReservationStateName(state)); }

}  // namespace

WantedReservation ResolveWanted(std::span<const WantedItem> items, const FindProduct& find) {
  WantedReservation wanted;
  wanted.items.reserve(items.size());
  for (const WantedItem& item : items) {
    ItemAvailability& answer = wanted.items.emplace_back();
    std::optional<StockItem> product = find(item);
    if (!product) {
      answer.product_id = item.product_id;
      answer.sku = item.sku;
      answer.error = item.product_id ? absl::StrCat("product_id ", item.product_id->ToString(), " does not exist")
                                     : absl::StrCat("sku ", Quoted(item.sku), " does not exist");
    } else if (!item.sku.empty() && item.sku != product->sku) {
      answer.product_id = item.product_id;
      answer.sku = item.sku;
      answer.error = absl::StrCat("sku ", Quoted(item.sku), " is not that of product_id ",
                                  product->product_id.ToString(), ", which is ", Quoted(product->sku));
    } else {
      answer.product_id = product->product_id;
      answer.sku = product->sku;
      product->quantity = item.quantity;
      AddPieces(wanted.pieces, *std::move(product));
      continue;
    }
    wanted.complete = false;
  }
  return wanted;
}

void FillAvailability(WantedReservation& wanted, const StockBook& stock, const WarehouseId& warehouse,
                      const std::optional<Reservation>& existing) {
  const bool holds = existing && existing->state == ReservationState::kHeld && existing->warehouse_id == warehouse;
  for (ItemAvailability& item : wanted.items) {
    if (!item.error.empty()) continue;
    const std::int64_t pieces = PiecesOf(wanted.pieces, *item.product_id);
    item.available = stock.Find({*item.product_id, warehouse}).value_or(StockLevel{}).available();
    if (holds) item.available += PiecesOf(existing->items, *item.product_id);
    item.in_stock = item.available >= pieces;
    if (!item.in_stock) item.error = absl::StrCat("wanted ", pieces, ", available ", item.available);
  }
}

absl::StatusOr<bool> DecideReservation(const ExternalId& id, const WarehouseId& warehouse,
                                       const WantedReservation& wanted, const std::optional<Reservation>& existing,
                                       bool is_order) {
  if (is_order) return OwnOrderError(id);
  if (!existing) return true;
  if (existing->text() != id.text) {
    const std::string description = absl::StrCat("its UUID is that of reservation ", Quoted(existing->text()));
    return ConditionError(absl::StatusCode::kAlreadyExists,
                          absl::StrCat("reservation ", id.text, " cannot be made: ", description),
                          {{"RESERVATION", id.text, description}});
  }
  if (existing->state != ReservationState::kHeld) {
    return RefusedState(id, "held again", absl::StrCat(NameOf(existing->state), " already"));
  }
  const bool same = wanted.complete && existing->warehouse_id == warehouse && existing->items == wanted.pieces;
  if (same) return false;
  const std::string description = existing->warehouse_id == warehouse
                                      ? std::string("it is held with other items")
                                      : absl::StrCat("it is held in warehouse ", existing->warehouse_id.ToString());
  return ConditionError(absl::StatusCode::kAlreadyExists,
                        absl::StrCat("reservation ", id.text, " exists: ", description),
                        {{"RESERVATION", id.text, description}});
}

absl::StatusOr<bool> DecideEnd(const ExternalId& id, StockAction action, const std::optional<Reservation>& existing,
                               bool is_order) {
  if (is_order) return OwnOrderError(id);
  if (!existing || existing->text() != id.text) {
    return absl::NotFoundError(absl::StrCat("reservation ", id.text, " does not exist"));
  }
  const bool release = action == StockAction::kRelease;
  if (existing->state == ReservationState::kHeld) return true;
  if (existing->state == (release ? ReservationState::kReleased : ReservationState::kCommitted)) return false;
  return RefusedState(id, release ? "released" : "committed", absl::StrCat(NameOf(existing->state), " already"));
}

Expiry DecideExpiry(const std::optional<Reservation>& reservation, const std::optional<Order>& order) {
  if (!reservation || reservation->state != ReservationState::kHeld) return Expiry::kKeep;
  if (!order) return Expiry::kRelease;
  const bool paid = order->payment && order->payment->is_paid;
  return order->status == OrderStatus::kPending && !paid ? Expiry::kCancelOrder : Expiry::kKeep;
}

}  // namespace logistics::domain
