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

std::optional<ReservationState> ReservationStateFromName(std::string_view name) {
  for (const ReservationState state :
       {ReservationState::kHeld, ReservationState::kReleased, ReservationState::kCommitted,
        ReservationState::kRestocked, ReservationState::kIntent}) {
    if (ReservationStateName(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace logistics::domain
