// The half of MemoryStore that others use by themselves: holds of theirs, and the log of stock.
#include "absl/strings/str_cat.h"
#include "fakes/memory_store.hpp"

namespace logistics::fakes {

using domain::Reservation;
using domain::ReservationState;
using domain::StockAction;

absl::StatusOr<ports::HoldAnswer> MemoryStore::Reserve(const ports::StockHold& hold,
                                                       const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  domain::WantedHold wanted =
      domain::ResolveHold(hold.items, [this](const domain::WantedItem& item) -> std::optional<domain::StockItem> {
        const auto sku = skus_.find(item.sku);
        const auto product = item.product_id      ? products_.find(*item.product_id)
                             : sku != skus_.end() ? products_.find(sku->second)
                                                  : products_.end();
        if (product == products_.end()) return std::nullopt;
        return domain::StockItem{product->first, product->second.sku, 0};
      });
  const std::optional<Reservation> existing = FindHold(hold.id);
  const domain::OrderId order_id(hold.id);
  const absl::StatusOr<bool> make =
      domain::DecideHold(hold.id, hold.warehouse_id, wanted, existing, orders_.contains(order_id));
  if (!make.ok()) return make.status();
  Reservation made{hold.id, hold.warehouse_id, ReservationState::kHeld, wanted.pieces};
  domain::StockBook book = BookOf(made);
  domain::FillAvailability(wanted, book, hold.warehouse_id, existing);
  if (!*make) return ports::HoldAnswer{true, wanted.items};
  if (!wanted.complete) return ports::HoldAnswer{false, wanted.items};

  std::vector<domain::StockMovement> movements;
  if (!book.Reserve(hold.warehouse_id, made.items, movements).empty()) return ports::HoldAnswer{false, wanted.items};
  const absl::Time now = Now();
  Save(book, movements, now);
  Tell(domain::InventoryReserved{order_id.ToString(), order_id, made.items, made.warehouse_id}, now);
  holds_.emplace(hold.id, std::move(made));
  return ports::HoldAnswer{true, wanted.items};
}

absl::StatusOr<ports::SettlementAnswer> MemoryStore::Release(const domain::Uuid& id, const std::string& reason,
                                                             const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  return Settle(id, StockAction::kRelease, reason);
}

absl::StatusOr<ports::SettlementAnswer> MemoryStore::CommitReservation(const domain::Uuid& id,
                                                                       const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  return Settle(id, StockAction::kCommit, "");
}

absl::StatusOr<ports::SettlementAnswer> MemoryStore::Settle(const domain::Uuid& id, StockAction action,
                                                            const std::string& reason) {
  if (!failure_.ok()) return failure_;
  std::optional<Reservation> hold = FindHold(id);
  const domain::OrderId order_id(id);
  const absl::StatusOr<bool> settle = domain::DecideSettlement(id, action, hold, orders_.contains(order_id));
  if (!settle.ok()) return settle.status();
  if (!*settle) return ports::SettlementAnswer{false};
  domain::StockBook book = BookOf(*hold);
  std::vector<domain::StockMovement> movements;
  if (absl::Status moved = MoveStock(action, *hold, book, movements); !moved.ok()) return moved;
  const absl::Time now = Now();
  Save(book, movements, now);
  TellQuantities(movements, absl::StrCat("committed: reservation ", id.ToString()), now);
  if (action == StockAction::kRelease) Tell(domain::InventoryReleased{id.ToString(), order_id, reason}, now);
  holds_.at(id) = *std::move(hold);
  return ports::SettlementAnswer{true};
}

std::optional<Reservation> MemoryStore::FindHold(const domain::Uuid& id) const {
  const auto found = holds_.find(id);
  return found == holds_.end() ? std::nullopt : std::optional(found->second);
}

absl::StatusOr<ports::StockSnapshot> MemoryStore::Snapshot(const std::vector<domain::ProductId>& products,
                                                           const std::vector<domain::WarehouseId>& warehouses,
                                                           const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  return ports::StockSnapshot{commits_, LevelRows(products, warehouses)};
}

absl::StatusOr<ports::StockChanges> MemoryStore::ReadAfter(std::int64_t position, int commits_max,
                                                           const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  ports::StockChanges page;
  page.position = std::max(position, std::min(commits_, position + commits_max));
  page.more = page.position < commits_;
  for (const ports::StockChange& change : changes_) {
    if (change.number > position && change.number <= page.position) page.changes.push_back(change);
  }
  return page;
}

}  // namespace logistics::fakes
