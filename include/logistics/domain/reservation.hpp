// A reservation of stock, known by the id of its order, or external, known by the id that its maker gave it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "logistics/domain/ids.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::domain {

enum class ReservationState {
  kHeld,       // its pieces are in `reserved`
  kReleased,   // given back
  kCommitted,  // taken out of the books
  kRestocked,  // taken out, then put back (a return)
  kIntent,     // the peer that keeps the stock is being asked; there is no order yet
};
// "held", "released", "committed", "restocked", "intent": the reservations table's word.
std::string_view ReservationStateName(ReservationState state);
std::optional<ReservationState> ReservationStateFromName(std::string_view name);

// The keeper of the stock: this daemon, or another service, its peer.
enum class StockKeeper { kSelf, kPeer };
std::string_view StockKeeperName(StockKeeper keeper);  // "self", "peer": the reservations table's word
std::optional<StockKeeper> StockKeeperFromName(std::string_view name);

struct Reservation {
  Uuid id;  // of the order
  WarehouseId warehouse_id;
  ReservationState state = ReservationState::kHeld;
  std::vector<StockItem> items;             // each product once, sorted
  StockKeeper keeper = StockKeeper::kSelf;  // at its making; it ends there, whatever the mode is by then
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

}  // namespace logistics::domain
