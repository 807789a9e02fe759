// External reservations, known by an id of their maker (contract §2, made safe): whether one is made, which pieces it
// can have, how it ends, and when any reservation expires. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/domain/order.hpp"
#include "logistics/domain/order_change.hpp"
#include "logistics/domain/reservation.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::domain {

// One item as it is asked for, by product, by SKU or by both. One that names neither is of an unknown product.
struct WantedItem {
  std::optional<ProductId> product_id;
  std::string sku;
  std::int32_t quantity = 0;  // above 0
};

// How many pieces of one wanted item can be had.
struct ItemAvailability {
  std::optional<ProductId> product_id;  // set when the product was found
  std::string sku;                      // the product's own; the wanted one when it was not found
  bool in_stock = false;                // all wanted pieces of the product, over all its items, can be had
  // Pieces of the product that this reservation can have: those that are free and those that it holds already.
  std::int64_t available = 0;
  std::string error;  // why it cannot be had; empty when it can
};

// The wanted items of one reservation with their products.
struct WantedReservation {
  std::vector<ItemAvailability> items;  // one a wanted item, in the order they came
  std::vector<StockItem> pieces;        // each product that was found once, sorted
  bool complete = true;                 // every product was found
};

// Finds the product that an item names: by its id where it has one, else by SKU. Its quantity is not looked at.
using FindProduct = std::function<std::optional<StockItem>(const WantedItem&)>;

// Finds the products of `items` and sums their pieces. An unknown product, and an id and a SKU that name two products,
// stand in the item's error.
WantedReservation ResolveWanted(std::span<const WantedItem> items, const FindProduct& find);

// Fills in what can be had of each item, from the levels before the reservation is made. `existing` is the reservation
// where it is there already.
void FillAvailability(WantedReservation& wanted, const StockBook& stock, const WarehouseId& warehouse,
                      const std::optional<Reservation>& existing);

// Whether the reservation `id` is to be made: false when it is there, with the same pieces at the same place.
// `is_order`: the id is one of our own orders, whose stock nobody else touches.
// ALREADY_EXISTS: held with other pieces, in another warehouse or under another text. FAILED_PRECONDITION: ended
// before, or an order.
absl::StatusOr<bool> DecideReservation(const ExternalId& id, const WarehouseId& warehouse,
                                       const WantedReservation& wanted, const std::optional<Reservation>& existing,
                                       bool is_order);

// Whether the reservation `id` is to be released (kRelease) or committed (kCommit): false when that is done already.
// NOT_FOUND: no such reservation. FAILED_PRECONDITION: ended the other way, or one of our own orders.
absl::StatusOr<bool> DecideEnd(const ExternalId& id, StockAction action, const std::optional<Reservation>& existing,
                               bool is_order);

// The end of a reservation whose time is over. `order` is the order that it is for, when it is one of ours.
enum class Expiry {
  kKeep,         // ended before, or its order was paid or has moved on: it never expires
  kRelease,      // an external one
  kCancelOrder,  // the order is still pending and unpaid: it is cancelled, which releases its stock
};
Expiry DecideExpiry(const std::optional<Reservation>& reservation, const std::optional<Order>& order);

// The reason in the events of releases and cancellations by expiry.
inline constexpr char kExpiredReason[] = "the reservation expired";

}  // namespace logistics::domain
