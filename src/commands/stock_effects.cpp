#include "commands/stock_effects.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "commands/order_effects.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/ports/settlement_store.hpp"

namespace logistics::commands {
namespace {

using domain::Reservation;
using domain::ReservationState;
using domain::SagaStep;
using domain::StockAction;
using domain::StockMovement;

void EmitQuantities(const std::vector<StockMovement>& movements, const Reservation& reservation,
                    const std::string& reason, Effects& effects, const Context& context) {
  for (const StockMovement& movement : movements) {
    const auto item =
        std::find_if(reservation.items.begin(), reservation.items.end(),
                     [&](const domain::StockItem& entry) { return entry.product_id == movement.key.product_id; });
    Emit(effects, context,
         domain::InventoryUpdated{movement.key.product_id, item->sku, movement.quantity_after - movement.quantity_delta,
                                  movement.quantity_after, movement.key.warehouse_id, reason});
  }
}

// Puts back what fits under the limit of its level, and records the rest, which must not keep the order from ending.
absl::Status Restock(const Reservation& reservation, State& state, std::vector<StockMovement>& movements,
                     Effects& effects) {
  std::vector<domain::StockItem> fitting;
  for (const domain::StockItem& item : reservation.items) {
    const domain::LevelKey key{item.product_id, reservation.warehouse_id};
    const std::int64_t quantity = state.stock().Find(key).value_or(domain::StockLevel{}).quantity;
    if (quantity + item.quantity <= domain::kStockQuantityMax) {
      fitting.push_back(item);
      continue;
    }
    effects.refused_restocks.push_back(
        {reservation.id, key, item.sku, item.quantity,
         absl::StrCat("the level has ", quantity, " pieces, its limit is ", domain::kStockQuantityMax)});
  }
  return state.stock().Restock(reservation.warehouse_id, fitting, movements);
}

// `owner`: "order" or "reservation", for the events; `reason`: for the ledger.
absl::Status MoveInBook(Reservation& reservation, StockAction action, const std::string& owner,
                        const std::string& reason, State& state, Effects& effects, const Context& context) {
  std::vector<StockMovement> movements;
  absl::Status status;
  std::string emitted;  // of changed quantities; a release changes none
  switch (action) {
    case StockAction::kNone:
      return status;
    case StockAction::kRelease:
      status = state.stock().Release(reservation.warehouse_id, reservation.items, movements);
      reservation.state = ReservationState::kReleased;
      break;
    case StockAction::kCommit:
      status = state.stock().Commit(reservation.warehouse_id, reservation.items, movements);
      reservation.state = ReservationState::kCommitted;
      emitted = "committed";
      break;
    case StockAction::kRestock:
      status = Restock(reservation, state, movements, effects);
      reservation.state = ReservationState::kRestocked;
      emitted = "restocked";
      break;
  }
  if (!status.ok()) return status;
  if (!emitted.empty()) {
    const std::string why = absl::StrCat(emitted, ": ", owner, " ", reservation.text());
    EmitQuantities(movements, reservation, why, effects, context);
  }
  RecordMovements(movements, reservation.id, reason, effects);
  return status;
}

void MoveAtPeer(Reservation& reservation, StockAction action, Effects& effects) {
  std::vector<SagaStep> steps;
  std::string reason;
  switch (action) {
    case StockAction::kNone:
      return;
    case StockAction::kRelease:
      reservation.state = ReservationState::kReleased;
      steps = {{SagaStep::Kind::kRelease, 0}};
      reason = ports::kCancelledReason;
      break;
    case StockAction::kCommit:
      reservation.state = ReservationState::kCommitted;
      steps = {{SagaStep::Kind::kCommit, 0}};
      break;
    case StockAction::kRestock:
      reservation.state = ReservationState::kRestocked;
      reason = "pieces of an order came back";
      for (std::size_t i = 0; i < reservation.items.size(); ++i) steps.push_back({SagaStep::Kind::kRestock, i});
      break;
  }
  effects.settlements.push_back({reservation.id, std::move(steps), std::move(reason)});
}

}  // namespace

void RecordMovements(const std::vector<StockMovement>& movements, const domain::Uuid& reservation_id,
                     const std::string& reason, Effects& effects) {
  for (const StockMovement& movement : movements) {
    effects.movements.push_back({movement, domain::OrderId(reservation_id), reason, ""});
  }
}

absl::Status MoveOrderStock(Reservation& reservation, StockAction action, State& state, Effects& effects,
                            const Context& context) {
  if (reservation.keeper == domain::StockKeeper::kSelf) {
    return MoveInBook(reservation, action, "order", "", state, effects, context);
  }
  MoveAtPeer(reservation, action, effects);
  return absl::OkStatus();
}

absl::Status EndExternal(Reservation reservation, StockAction action, const std::string& reason, State& state,
                         Effects& effects, const Context& context) {
  const absl::Status moved = MoveInBook(reservation, action, "reservation", reason, state, effects, context);
  if (!moved.ok()) return moved;
  if (action == StockAction::kRelease) {
    const domain::OrderId id(reservation.id);
    Emit(effects, context, domain::InventoryReleased{reservation.text(), id, reason});
  }
  state.Put(reservation);
  effects.changed_reservations.push_back(std::move(reservation));
  return absl::OkStatus();
}

}  // namespace logistics::commands
