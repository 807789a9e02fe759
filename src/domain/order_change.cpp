#include "logistics/domain/order_change.hpp"

#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"

namespace logistics::domain {
namespace {

std::string NameOf(OrderStatus status) { return std::string(OrderStatusName(status)); }

// The reservation's own state says what was done to the stock, so that orders made under another policy, before the
// configuration was changed, come out right too.
StockAction StockActionFor(OrderStatus new_status, ReservationState state, const StockPolicy& policy) {
  const bool held = state == ReservationState::kHeld;
  const bool committed = state == ReservationState::kCommitted;
  switch (new_status) {
    case OrderStatus::kCancelled:
      if (held) return StockAction::kRelease;
      return committed ? StockAction::kRestock : StockAction::kNone;
    case OrderStatus::kShipped:
      return held ? StockAction::kCommit : StockAction::kNone;
    case OrderStatus::kReturned:
      return committed && policy.restock_returns ? StockAction::kRestock : StockAction::kNone;
    case OrderStatus::kPending:
    case OrderStatus::kProcessing:
    case OrderStatus::kDelivered:
    case OrderStatus::kUnknown:
      break;
  }
  return StockAction::kNone;
}

}  // namespace

absl::StatusOr<ChangeDecision> DecideChange(const Order& order, const std::optional<Reservation>& reservation,
                                            const StatusChange& change, const StockPolicy& policy) {
  if (change.expected_version && *change.expected_version != order.version) {
    const std::string description = absl::StrCat("expected version ", *change.expected_version, ", the order is at ",
                                                 order.version, " (", NameOf(order.status), ")");
    return ConditionError(absl::StatusCode::kAborted, std::string("the order was changed meanwhile: ") + description,
                          {{"ORDER_VERSION", order.id.ToString(), description}});
  }
  if (change.new_status == order.status) return ChangeDecision{};
  if (!IsLegalChange(order.status, change.new_status)) {
    const std::string description = absl::StrCat("from ", NameOf(order.status), " to ", NameOf(change.new_status));
    return ConditionError(absl::StatusCode::kFailedPrecondition, std::string("the status cannot change ") + description,
                          {{"ORDER_STATUS", order.id.ToString(), description}});
  }
  ChangeDecision decision;
  decision.changes = true;
  if (reservation) decision.stock = StockActionFor(change.new_status, reservation->state, policy);
  return decision;
}

}  // namespace logistics::domain
