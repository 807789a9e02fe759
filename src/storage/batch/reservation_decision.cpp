// What a batch decides about holds that others ask for, and about holds whose time is over.
#include <utility>

#include "logistics/domain/hold.hpp"
#include "storage/batch/batch.hpp"

namespace logistics::storage {

using domain::OrderId;
using domain::Reservation;
using domain::ReservationState;
using domain::StockAction;

absl::StatusOr<WriteResult> BatchDecision::Reserve(const PendingWrite& item, const ReserveStockCommand& command) {
  const ports::StockHold& hold = command.hold;
  const OrderId id(hold.id);
  const std::optional<Reservation> existing = FindReservation(id);
  domain::WantedHold wanted = domain::ResolveHold(
      hold.items, [this](const domain::WantedItem& wanted_item) { return FindProduct(wanted_item); });
  const absl::StatusOr<bool> make =
      domain::DecideHold(hold.id, hold.warehouse_id, wanted, existing, state_.orders.contains(id));
  if (!make.ok()) return make.status();
  domain::FillAvailability(wanted, state_.stock, hold.warehouse_id, existing);
  if (!*make) return WriteResult(ports::HoldAnswer{true, std::move(wanted.items)});
  if (!wanted.complete) return WriteResult(ports::HoldAnswer{false, std::move(wanted.items)});

  std::vector<domain::StockMovement> movements;
  const auto shortages = state_.stock.Reserve(hold.warehouse_id, wanted.pieces, movements);
  if (!shortages.empty()) return WriteResult(ports::HoldAnswer{false, std::move(wanted.items)});
  Record(movements, id, "");
  Tell(item, domain::InventoryReserved{id.ToString(), id, wanted.pieces, hold.warehouse_id});
  effects_.new_reservations.push_back({hold.id, hold.warehouse_id, ReservationState::kHeld, std::move(wanted.pieces)});
  return WriteResult(ports::HoldAnswer{true, std::move(wanted.items)});
}

absl::StatusOr<WriteResult> BatchDecision::Settle(const PendingWrite& item, const SettleReservationCommand& command) {
  const OrderId id(command.id);
  const std::optional<Reservation> existing = FindReservation(id);
  const absl::StatusOr<bool> settle =
      domain::DecideSettlement(command.id, command.action, existing, state_.orders.contains(id));
  if (!settle.ok()) return settle.status();
  if (!*settle) return WriteResult(ports::SettlementAnswer{false});
  if (absl::Status status = SettleHold(item, *existing, command.action, command.reason); !status.ok()) return status;
  return WriteResult(ports::SettlementAnswer{true});
}

absl::StatusOr<WriteResult> BatchDecision::Expire(const PendingWrite& item, const ExpireReservationCommand& command) {
  const OrderId id(command.id);
  const std::optional<Reservation> existing = FindReservation(id);
  const auto order = state_.orders.find(id);
  switch (domain::DecideExpiry(existing, order == state_.orders.end() ? std::nullopt : std::optional(order->second))) {
    case domain::Expiry::kKeep:
      return WriteResult(ports::SettlementAnswer{false});
    case domain::Expiry::kCancelOrder: {
      const ChangeStatusCommand cancel{{id, domain::OrderStatus::kCancelled, domain::kExpiredReason, "", std::nullopt}};
      const absl::StatusOr<WriteResult> cancelled = Change(item, cancel);
      if (!cancelled.ok()) return cancelled.status();
      break;
    }
    case domain::Expiry::kRelease: {
      const absl::Status status = SettleHold(item, *existing, StockAction::kRelease, domain::kExpiredReason);
      if (!status.ok()) return status;
      break;
    }
  }
  return WriteResult(ports::SettlementAnswer{true});
}

absl::Status BatchDecision::SettleHold(const PendingWrite& item, Reservation reservation, StockAction action,
                                       const std::string& reason) {
  if (absl::Status status = MoveInBook(item, reservation, action, "reservation", reason); !status.ok()) return status;
  if (action == StockAction::kRelease) {
    const OrderId id(reservation.id);
    Tell(item, domain::InventoryReleased{id.ToString(), id, reason});
  }
  effects_.changed_reservations.push_back(std::move(reservation));
  return absl::OkStatus();
}

std::optional<domain::StockItem> BatchDecision::FindProduct(const domain::WantedItem& wanted) const {
  if (wanted.product_id) {
    const auto found = state_.products_by_id.find(*wanted.product_id);
    if (found == state_.products_by_id.end()) return std::nullopt;
    return domain::StockItem{found->second.id, found->second.sku, 0};
  }
  const auto found = state_.products_by_sku.find(wanted.sku);
  if (found == state_.products_by_sku.end()) return std::nullopt;
  return domain::StockItem{found->second.id, found->second.sku, 0};
}

std::optional<Reservation> BatchDecision::FindReservation(const OrderId& id) const {
  const auto found = state_.reservations.find(id);
  return found == state_.reservations.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace logistics::storage
