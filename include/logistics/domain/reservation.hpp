// A reservation of stock, known by the id of its order, or external, known by the id that its maker gave it.
#pragma once

#include <optional>
#include <string>
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

// The id of an external reservation: the text of its maker, and the UUID that it is known by. That is the UUID that the
// text is, else its UUIDv5 in kExternalNameSpace. Two texts can have one UUID, where one of them is that UUID: then the
// text decides.
struct ExternalId {
  ExternalId() = default;
  ExternalId(const Uuid& id) : uuid(id), text(id.ToString()) {}  // NOLINT(google-explicit-constructor)
  static ExternalId Of(std::string_view text);

  Uuid uuid;
  std::string text;  // of a UUID its lower case
  friend bool operator==(const ExternalId&, const ExternalId&) = default;
};
// Contract §2; consumers may compute the same.
inline constexpr std::string_view kExternalNameSpace = "6f0a2c0e-5d0b-5a6e-9c39-2f6f1f0f7a11";

struct Reservation {
  Uuid id;  // of the order
  WarehouseId warehouse_id;
  ReservationState state = ReservationState::kHeld;
  std::vector<StockItem> items;             // each product once, sorted
  StockKeeper keeper = StockKeeper::kSelf;  // at its making; it ends there, whatever the mode is by then
  std::string external_text = {};           // of an external one whose text is not its id; else empty
  std::string text() const { return external_text.empty() ? id.ToString() : external_text; }
  friend bool operator==(const Reservation&, const Reservation&) = default;
};

}  // namespace logistics::domain
