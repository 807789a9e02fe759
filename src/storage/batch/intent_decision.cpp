// What a batch decides about orders whose stock another service keeps.
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "storage/batch/batch.hpp"

namespace logistics::storage {

using domain::OrderId;
using domain::Reservation;
using domain::ReservationState;
using domain::StockAction;
using ports::IntentAnswer;
using ports::IntentRelease;

namespace {

// Made in place: g++ 12 takes the move of a result for one of something uninitialized.
template <typename T>
absl::StatusOr<WriteResult> Answer(T&& value) {
  return absl::StatusOr<WriteResult>(absl::in_place, std::forward<T>(value));
}

}  // namespace

absl::StatusOr<WriteResult> BatchDecision::Open(const PendingWrite& item, const OpenIntentCommand& command) {
  const domain::Order& order = command.order.order;
  const auto claim = state_.claims.find(&item);
  if (claim != state_.claims.end()) {
    switch (claim->second.claim) {
      case Claim::kLostSame:
        return Answer(IntentAnswer{IntentAnswer::Outcome::kExists, *claim->second.existing});
      case Claim::kLostGone:
        return Answer(IntentAnswer{IntentAnswer::Outcome::kPending, std::nullopt});
      case Claim::kLostOther:
        return LostKey(claim->second.claim, command.order);
      case Claim::kWon:
        effects_.intents.claimed.push_back({order.id.uuid(), order.customer_id, command.order.idempotency_key});
        break;
    }
  }
  effects_.new_reservations.push_back(
      {order.id.uuid(), order.warehouse_id, ReservationState::kIntent, domain::SumByProduct(order.lines)});
  return Answer(IntentAnswer{IntentAnswer::Outcome::kOpened, std::nullopt});
}

absl::StatusOr<WriteResult> BatchDecision::Complete(const PendingWrite& item, const CompleteIntentCommand& command) {
  const OrderId id = command.order.order.id;
  std::optional<Reservation> reservation = FindReservation(id);
  if (!reservation || reservation->state != ReservationState::kIntent) {
    return domain::RetryLaterError(absl::StatusCode::kUnavailable,
                                   "the order took too long to be made and was given up", absl::Seconds(1));
  }
  reservation->state = ReservationState::kHeld;
  absl::StatusOr<domain::Order> added = AddOrder(item, command.order.order, *reservation);
  if (!added.ok()) return added.status();
  effects_.intents.completed.push_back(id.uuid());
  effects_.changed_reservations.push_back(*std::move(reservation));
  return Answer(*std::move(added));
}

absl::StatusOr<WriteResult> BatchDecision::Abandon(const AbandonIntentCommand& command) {
  const ports::Abandonment& abandonment = command.abandonment;
  const OrderId id(abandonment.id);
  std::optional<Reservation> reservation = FindReservation(id);
  const bool intent = reservation && reservation->state == ReservationState::kIntent;
  // By its state too: the order of a commit that is still under way is not seen yet, its reservation is waited for.
  const bool of_an_order =
      state_.orders.contains(id) || (reservation && !intent && reservation->state != ReservationState::kReleased);
  if (!reservation || of_an_order || (!intent && abandonment.only_an_intent)) {
    return WriteResult(ports::SettlementAnswer{false});
  }
  if (intent) {
    reservation->state = ReservationState::kReleased;
    effects_.changed_reservations.push_back(*std::move(reservation));
    effects_.intents.abandoned.push_back(abandonment.id);
  }
  if (abandonment.release != IntentRelease::kNone) {
    std::vector<std::string> steps = {"release"};
    if (abandonment.release == IntentRelease::kTwice) steps.emplace_back("release_again");
    effects_.settlements.push_back({abandonment.id, std::move(steps), abandonment.reason});
  }
  return WriteResult(ports::SettlementAnswer{intent || abandonment.release != IntentRelease::kNone});
}

void BatchDecision::MoveAtPeer(Reservation& reservation, StockAction action) {
  std::vector<std::string> steps;
  const char* reason = "";
  switch (action) {
    case StockAction::kNone:
      return;
    case StockAction::kRelease:
      reservation.state = ReservationState::kReleased;
      steps = {"release"};
      reason = "the order was cancelled";
      break;
    case StockAction::kCommit:
      reservation.state = ReservationState::kCommitted;
      steps = {"commit"};
      break;
    case StockAction::kRestock:
      reservation.state = ReservationState::kRestocked;
      reason = "pieces of an order came back";
      for (std::size_t i = 0; i < reservation.items.size(); ++i) steps.push_back(absl::StrCat("restock ", i));
      break;
  }
  effects_.settlements.push_back({reservation.id, std::move(steps), reason});
}

}  // namespace logistics::storage
