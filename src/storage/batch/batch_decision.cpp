#include <algorithm>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "storage/batch/batch.hpp"

namespace logistics::storage {

using domain::Order;
using domain::OrderStatus;
using domain::Reservation;
using domain::ReservationState;
using domain::StockAction;
using domain::StockMovement;

absl::Status LostClaim(Claim claim, const std::string& what) {
  if (claim == Claim::kLostGone) {
    return domain::RetryLaterError(absl::StatusCode::kUnavailable, absl::StrCat(what, " is being decided, try again"),
                                   absl::Milliseconds(100));
  }
  return absl::AlreadyExistsError(what);
}

absl::Status LostKey(Claim claim, const domain::NewOrder& order) {
  return LostClaim(claim,
                   absl::StrCat("idempotency_key \"", order.idempotency_key, "\" of this customer made another order"));
}

BatchDecision::BatchDecision(BatchState& state, const domain::StockPolicy& policy, ports::IdGenerator& ids,
                             const ports::Clock& clock)
    : state_(state), policy_(policy), ids_(ids) {
  effects_.now = absl::FromUnixMicros(absl::ToUnixMicros(clock.Now()));
}

absl::StatusOr<WriteResult> BatchDecision::Decide(const PendingWrite& item) {
  const std::size_t history = effects_.history.size();
  const std::size_t movements = effects_.movements.size();
  const std::size_t outbox = effects_.outbox.size();
  absl::StatusOr<WriteResult> result = std::visit(
      [&](const auto& command) -> absl::StatusOr<WriteResult> {
        using T = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<T, CreateOrderCommand>) return Create(item, command);
        if constexpr (std::is_same_v<T, ChangeStatusCommand>) return Change(item, command);
        if constexpr (std::is_same_v<T, CreateProductCommand>) return AddProduct(item, command);
        if constexpr (std::is_same_v<T, AdjustStockCommand>) return Adjust(item, command);
        if constexpr (std::is_same_v<T, ReserveStockCommand>) return Reserve(item, command);
        if constexpr (std::is_same_v<T, SettleReservationCommand>) return Settle(item, command);
        if constexpr (std::is_same_v<T, ExpireReservationCommand>) return Expire(item, command);
        if constexpr (std::is_same_v<T, OpenIntentCommand>) return Open(item, command);
        if constexpr (std::is_same_v<T, CompleteIntentCommand>) return Complete(item, command);
        if constexpr (std::is_same_v<T, AbandonIntentCommand>) return Abandon(command);
        if constexpr (std::is_same_v<T, ApplyPaymentCommand>) return ApplyPayment(item, command);
      },
      item.command);
  if (!result.ok()) {
    // What was noted before the refusal was known goes again.
    effects_.history.resize(history);
    effects_.movements.resize(movements);
    effects_.outbox.resize(outbox);
    const auto claim = state_.claims.find(&item);
    if (claim != state_.claims.end() && claim->second.claim == Claim::kWon) effects_.unused_keys.push_back(&item);
  }
  return result;
}

BatchEffects BatchDecision::TakeEffects() {
  effects_.levels = state_.stock.ChangedLevels();
  return std::move(effects_);
}

absl::StatusOr<WriteResult> BatchDecision::Create(const PendingWrite& item, const CreateOrderCommand& command) {
  const auto claim = state_.claims.find(&item);
  const bool keyed = claim != state_.claims.end();
  if (keyed && claim->second.claim == Claim::kLostSame) return WriteResult(*claim->second.existing);
  if (keyed && claim->second.claim != Claim::kWon) {
    return LostKey(claim->second.claim, command.order);
  }

  Order order = command.order.order;
  absl::Status refused = ResolveProducts(order);
  Reservation reservation{order.id.uuid(), order.warehouse_id, ReservationState::kHeld, {}};
  std::vector<StockMovement> movements;
  if (refused.ok()) {
    reservation.items = domain::SumByProduct(order.lines);
    const auto shortages = state_.stock.Reserve(order.warehouse_id, reservation.items, movements);
    if (!shortages.empty()) refused = domain::ShortStockError(shortages);
  }
  if (!refused.ok()) return refused;

  Record(movements, order.id, "");
  absl::StatusOr<Order> added = AddOrder(item, std::move(order), reservation);
  if (!added.ok()) return added.status();
  effects_.new_reservations.push_back(std::move(reservation));
  return WriteResult(*std::move(added));
}

absl::StatusOr<Order> BatchDecision::AddOrder(const PendingWrite& item, Order order, Reservation& reservation) {
  order.created_at = effects_.now;
  order.updated_at = effects_.now;
  effects_.history.push_back({order.id, order.version, std::nullopt, order.status, "", order.notes, effects_.now});
  Tell(item, domain::OrderCreated{order.id, order.customer_id, domain::DecimalString(order.total_minor, order.currency),
                                  static_cast<std::int32_t>(order.lines.size())});
  Tell(item, domain::InventoryReserved{order.id.ToString(), order.id, reservation.items, order.warehouse_id});
  if (policy_.commit_on == domain::CommitOn::kCreated) {
    if (absl::Status status = MoveStock(item, reservation, StockAction::kCommit); !status.ok()) return status;
  }
  RecordPaymentAtCreation(item, order);
  effects_.new_orders.push_back(order);
  return order;
}

absl::StatusOr<WriteResult> BatchDecision::Change(const PendingWrite& item, const ChangeStatusCommand& command) {
  const domain::StatusChange& change = command.change;
  const auto found = state_.orders.find(change.order_id);
  if (found == state_.orders.end()) {
    return absl::NotFoundError(absl::StrCat("order ", change.order_id.ToString(), " does not exist"));
  }
  Order order = found->second;
  const std::optional<Reservation> before = FindReservation(change.order_id);
  const absl::StatusOr<domain::ChangeDecision> decision = domain::DecideChange(order, before, change, policy_);
  if (!decision.ok()) return decision.status();
  if (!decision->changes) return WriteResult(std::move(order));

  SetStatus(item, order, change.new_status, change.changed_by, change.notes);
  if (order.status == OrderStatus::kCancelled) {
    Tell(item, domain::OrderCancelled{order.id, change.notes, change.changed_by});
  }
  if (decision->stock != StockAction::kNone) {
    Reservation reservation = *before;
    if (absl::Status status = MoveStock(item, reservation, decision->stock); !status.ok()) return status;
    if (decision->stock == StockAction::kRelease) {
      Tell(item, domain::InventoryReleased{order.id.ToString(), order.id, change.notes});
    }
    effects_.changed_reservations.push_back(std::move(reservation));
  }
  effects_.changed_orders.push_back(order);
  return WriteResult(std::move(order));
}

void BatchDecision::SetStatus(const PendingWrite& item, Order& order, OrderStatus status, const std::string& changed_by,
                              const std::string& notes) {
  const OrderStatus previous = order.status;
  order.status = status;
  order.version += 1;
  order.updated_at = std::max(effects_.now, order.updated_at);
  effects_.history.push_back({order.id, order.version, previous, order.status, changed_by, notes, order.updated_at});
  Tell(item, domain::OrderStatusChanged{order.id, previous, order.status, changed_by, notes});
}

absl::StatusOr<WriteResult> BatchDecision::AddProduct(const PendingWrite& item, const CreateProductCommand& command) {
  const Claim claim = state_.claims.at(&item).claim;
  if (claim != Claim::kWon) return LostClaim(claim, absl::StrCat("sku \"", command.product.sku, "\" is taken"));
  effects_.new_products.push_back(command.product);
  return WriteResult(command.product);
}

absl::StatusOr<WriteResult> BatchDecision::Adjust(const PendingWrite& item, const AdjustStockCommand& command) {
  const ports::StockAdjustment& adjustment = command.adjustment;
  const auto product = state_.products_by_id.find(adjustment.key.product_id);
  if (product == state_.products_by_id.end()) {
    return absl::NotFoundError(absl::StrCat("product ", adjustment.key.product_id.ToString(), " does not exist"));
  }
  std::vector<StockMovement> movements;
  if (absl::Status status = state_.stock.Adjust(adjustment.key, adjustment.delta, movements); !status.ok())
    return status;
  for (const StockMovement& movement : movements) {
    effects_.movements.push_back({movement, std::nullopt, adjustment.reason, adjustment.reference});
    Tell(item, domain::InventoryUpdated{adjustment.key.product_id, product->second.sku,
                                        movement.quantity_after - movement.quantity_delta, movement.quantity_after,
                                        adjustment.key.warehouse_id, adjustment.reason});
  }
  return WriteResult(ports::LevelRow{adjustment.key, *state_.stock.Find(adjustment.key), effects_.now});
}

absl::Status BatchDecision::ResolveProducts(Order& order) const {
  return domain::ResolveProducts(order.lines, [this](const domain::OrderLine& line) -> const domain::ProductRef* {
    if (line.product_id) {
      const auto found = state_.products_by_id.find(*line.product_id);
      return found == state_.products_by_id.end() ? nullptr : &found->second;
    }
    const auto found = state_.products_by_sku.find(line.sku);
    return found == state_.products_by_sku.end() ? nullptr : &found->second;
  });
}

absl::Status BatchDecision::MoveStock(const PendingWrite& item, Reservation& reservation, StockAction action) {
  if (policy_.keeper == domain::StockKeeper::kSelf) return MoveInBook(item, reservation, action, "order", "");
  MoveAtPeer(reservation, action);
  return absl::OkStatus();
}

absl::Status BatchDecision::MoveInBook(const PendingWrite& item, Reservation& reservation, StockAction action,
                                       const std::string& owner, const std::string& reason) {
  std::vector<StockMovement> movements;
  absl::Status status;
  const std::string told = absl::StrCat(": ", owner, " ", reservation.id.ToString());
  switch (action) {
    case StockAction::kNone:
      return status;
    case StockAction::kRelease:
      status = state_.stock.Release(reservation.warehouse_id, reservation.items, movements);
      reservation.state = ReservationState::kReleased;
      break;
    case StockAction::kCommit:
      status = state_.stock.Commit(reservation.warehouse_id, reservation.items, movements);
      reservation.state = ReservationState::kCommitted;
      if (status.ok()) TellQuantities(item, movements, reservation, absl::StrCat("committed", told));
      break;
    case StockAction::kRestock:
      status = state_.stock.Restock(reservation.warehouse_id, reservation.items, movements);
      reservation.state = ReservationState::kRestocked;
      if (status.ok()) TellQuantities(item, movements, reservation, absl::StrCat("restocked", told));
      break;
  }
  if (status.ok()) Record(movements, domain::OrderId(reservation.id), reason);
  return status;
}

void BatchDecision::Tell(const PendingWrite& item, domain::EventData data) {
  effects_.outbox.push_back({{ids_.NewId(), effects_.now, std::move(data)}, &item});
}

void BatchDecision::Record(const std::vector<StockMovement>& movements, const domain::OrderId& reservation,
                           const std::string& reason) {
  for (const StockMovement& movement : movements) effects_.movements.push_back({movement, reservation, reason, ""});
}

void BatchDecision::TellQuantities(const PendingWrite& item, const std::vector<StockMovement>& movements,
                                   const Reservation& reservation, const std::string& reason) {
  for (const StockMovement& movement : movements) {
    const auto stock_item =
        std::find_if(reservation.items.begin(), reservation.items.end(),
                     [&](const domain::StockItem& entry) { return entry.product_id == movement.key.product_id; });
    Tell(item, domain::InventoryUpdated{movement.key.product_id, stock_item->sku,
                                        movement.quantity_after - movement.quantity_delta, movement.quantity_after,
                                        movement.key.warehouse_id, reason});
  }
}

}  // namespace logistics::storage
