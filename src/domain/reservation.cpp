#include "logistics/domain/reservation.hpp"

namespace logistics::domain {

std::string_view ReservationStateName(ReservationState state) {
  switch (state) {
    case ReservationState::kHeld:
      return "held";
    case ReservationState::kReleased:
      return "released";
    case ReservationState::kCommitted:
      return "committed";
    case ReservationState::kRestocked:
      return "restocked";
    case ReservationState::kIntent:
      return "intent";
  }
  return "unknown";
}

std::string_view StockKeeperName(StockKeeper keeper) { return keeper == StockKeeper::kSelf ? "self" : "peer"; }

std::optional<StockKeeper> StockKeeperFromName(std::string_view name) {
  if (name == "self") return StockKeeper::kSelf;
  if (name == "peer") return StockKeeper::kPeer;
  return std::nullopt;
}

ExternalId ExternalId::Of(std::string_view text) {
  if (const std::optional<Uuid> uuid = Uuid::Parse(text)) return {*uuid};
  static const Uuid name_space = *Uuid::Parse(kExternalNameSpace);
  ExternalId id;
  id.uuid = NameUuid(name_space, text);
  id.text = std::string(text);
  return id;
}

std::optional<ReservationState> ReservationStateFromName(std::string_view name) {
  for (const ReservationState state :
       {ReservationState::kHeld, ReservationState::kReleased, ReservationState::kCommitted,
        ReservationState::kRestocked, ReservationState::kIntent}) {
    if (ReservationStateName(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace logistics::domain
