#include "fakes/memory_store.hpp"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"

namespace logistics::fakes {

using domain::ReservationState;
using domain::StockAction;

MemoryStore::MemoryStore(ports::IdGenerator& ids, const ports::Clock& clock, domain::StockPolicy policy)
    : ids_(ids), clock_(clock), policy_(policy), inbox_(clock) {}

absl::StatusOr<domain::Order> MemoryStore::Create(const domain::NewOrder& new_order,
                                                  const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  const std::pair key(new_order.order.customer_id, new_order.idempotency_key);
  if (!new_order.idempotency_key.empty()) {
    if (const auto made = keys_.find(key); made != keys_.end()) {
      if (made->second.fingerprint == new_order.fingerprint) return orders_.at(made->second.order_id).order;
      return absl::AlreadyExistsError(
          absl::StrCat("idempotency key \"", new_order.idempotency_key, "\" made another order of this customer"));
    }
  }
  const absl::Time now = Now();
  StoredOrder stored{new_order.order, {}, {}};
  domain::Order& order = stored.order;
  order.created_at = now;
  order.updated_at = now;
  if (absl::Status resolved = ResolveProducts(order.lines); !resolved.ok()) return resolved;
  stored.reservation = {order.id.uuid(), order.warehouse_id, ReservationState::kHeld,
                        domain::SumByProduct(order.lines)};
  domain::StockBook book = BookOf(stored.reservation);
  std::vector<domain::StockMovement> movements;
  const auto shortages = book.Reserve(order.warehouse_id, stored.reservation.items, movements);
  if (!shortages.empty()) return domain::ShortStockError(shortages);
  std::vector<domain::StockMovement> committed;
  if (policy_.commit_on == domain::CommitOn::kCreated) {
    if (absl::Status status = MoveStock(StockAction::kCommit, stored.reservation, book, committed); !status.ok()) {
      return status;
    }
  }

  stored.history = {{order.version, std::nullopt, order.status, "", order.notes}};
  movements.insert(movements.end(), committed.begin(), committed.end());
  Save(book, movements, now);
  Tell(domain::OrderCreated{order.id, order.customer_id, domain::DecimalString(order.total_minor, order.currency),
                            static_cast<std::int32_t>(order.lines.size())},
       now);
  Tell(domain::InventoryReserved{order.id.ToString(), order.id, stored.reservation.items, order.warehouse_id}, now);
  TellQuantities(committed, absl::StrCat("committed: order ", order.id.ToString()), now);
  if (domain::PaymentAtCreation(order)) {
    payments_.push_back({order.id, domain::PaymentOutcome::kProcessed, std::nullopt});
    SetStatus(stored, domain::OrderStatus::kProcessing, "", domain::kPaidAtCreation, now);
  }
  if (!new_order.idempotency_key.empty()) keys_[key] = {new_order.fingerprint, order.id};
  return orders_.insert_or_assign(order.id, std::move(stored)).first->second.order;
}

absl::StatusOr<domain::Order> MemoryStore::ChangeStatus(const domain::StatusChange& change,
                                                        const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  return Change(change);
}

absl::StatusOr<domain::Order> MemoryStore::Change(const domain::StatusChange& change) {
  const auto found = orders_.find(change.order_id);
  if (found == orders_.end()) {
    return absl::NotFoundError(absl::StrCat("order ", change.order_id.ToString(), " does not exist"));
  }
  const absl::StatusOr<domain::ChangeDecision> decision =
      domain::DecideChange(found->second.order, found->second.reservation, change, policy_);
  if (!decision.ok()) return decision.status();
  if (!decision->changes) return found->second.order;

  StoredOrder stored = found->second;
  domain::Order& order = stored.order;
  domain::StockBook book = BookOf(stored.reservation);
  std::vector<domain::StockMovement> movements;
  if (absl::Status moved = MoveStock(decision->stock, stored.reservation, book, movements); !moved.ok()) return moved;
  const absl::Time now = Now();
  Save(book, movements, now);
  SetStatus(stored, change.new_status, change.changed_by, change.notes, now);
  if (order.status == domain::OrderStatus::kCancelled) {
    Tell(domain::OrderCancelled{order.id, change.notes, change.changed_by}, now);
  }
  if (decision->stock == StockAction::kRelease) {
    Tell(domain::InventoryReleased{order.id.ToString(), order.id, change.notes}, now);
  } else {
    const char* const what = decision->stock == StockAction::kCommit ? "committed: order " : "restocked: order ";
    TellQuantities(movements, absl::StrCat(what, order.id.ToString()), now);
  }
  found->second = std::move(stored);
  return found->second.order;
}

void MemoryStore::SetStatus(StoredOrder& stored, domain::OrderStatus status, const std::string& changed_by,
                            const std::string& notes, absl::Time now) {
  domain::Order& order = stored.order;
  const domain::OrderStatus previous = order.status;
  order.status = status;
  order.version += 1;
  order.updated_at = std::max(order.updated_at, now);
  stored.history.push_back({order.version, previous, order.status, changed_by, notes});
  Tell(domain::OrderStatusChanged{order.id, previous, order.status, changed_by, notes}, now);
}

absl::StatusOr<domain::Order> MemoryStore::Get(const domain::OrderId& id, const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = orders_.find(id);
  if (found == orders_.end()) return absl::NotFoundError(absl::StrCat("order ", id.ToString(), " does not exist"));
  return found->second.order;
}

absl::Status MemoryStore::ResolveProducts(std::vector<domain::OrderLine>& lines) const {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    domain::OrderLine& line = lines[i];
    std::optional<domain::ProductId> id = line.product_id;
    if (!id) {
      if (const auto by_sku = skus_.find(line.sku); by_sku != skus_.end()) id = by_sku->second;
    }
    const auto product = id ? products_.find(*id) : products_.end();
    if (product == products_.end()) {
      const std::string description = id ? absl::StrCat("product_id ", id->ToString(), " does not exist")
                                         : absl::StrCat("sku \"", line.sku, "\" does not exist");
      const std::string subject = absl::StrCat("items[", i, "]");
      return domain::ConditionError(absl::StatusCode::kNotFound, absl::StrCat(subject, ": ", description),
                                    {{"PRODUCT", subject, description}});
    }
    if (!line.sku.empty() && line.sku != product->second.sku) {
      return domain::InvalidFieldsError({{absl::StrCat("items[", i, "].sku"),
                                          absl::StrCat("\"", line.sku, "\" is not the sku of product_id ",
                                                       id->ToString(), ", which is \"", product->second.sku, "\"")}});
    }
    line.product_id = id;
    line.sku = product->second.sku;
  }
  return absl::OkStatus();
}

domain::StockBook MemoryStore::BookOf(const domain::Reservation& reservation) const {
  domain::StockBook book;
  for (const domain::StockItem& item : reservation.items) {
    const domain::LevelKey key{item.product_id, reservation.warehouse_id};
    if (const auto stored = levels_.find(key); stored != levels_.end()) book.Load(key, stored->second.level);
  }
  return book;
}

absl::Status MemoryStore::MoveStock(StockAction action, domain::Reservation& reservation, domain::StockBook& book,
                                    std::vector<domain::StockMovement>& movements) const {
  switch (action) {
    case StockAction::kNone:
      break;
    case StockAction::kRelease:
      reservation.state = ReservationState::kReleased;
      return book.Release(reservation.warehouse_id, reservation.items, movements);
    case StockAction::kCommit:
      reservation.state = ReservationState::kCommitted;
      return book.Commit(reservation.warehouse_id, reservation.items, movements);
    case StockAction::kRestock:
      reservation.state = ReservationState::kRestocked;
      return book.Restock(reservation.warehouse_id, reservation.items, movements);
  }
  return absl::OkStatus();
}

void MemoryStore::Save(const domain::StockBook& book, const std::vector<domain::StockMovement>& movements,
                       absl::Time now) {
  for (const domain::StockBook::Changed& changed : book.ChangedLevels()) levels_[changed.key] = {changed.level, now};
  movements_.insert(movements_.end(), movements.begin(), movements.end());
  ++commits_;
  for (const domain::StockMovement& movement : movements) {
    changes_.push_back(
        {commits_, ids_.NewId(), {movement.key, {movement.quantity_after, movement.reserved_after}, now}});
  }
}

void MemoryStore::Tell(domain::EventData data, absl::Time now) {
  events_.push_back({ids_.NewId(), now, std::move(data)});
}

void MemoryStore::TellQuantities(const std::vector<domain::StockMovement>& movements, const std::string& reason,
                                 absl::Time now) {
  for (const domain::StockMovement& movement : movements) {
    if (movement.quantity_delta == 0) continue;  // holds have their own events
    Tell(domain::InventoryUpdated{movement.key.product_id, products_.at(movement.key.product_id).sku,
                                  movement.quantity_after - movement.quantity_delta, movement.quantity_after,
                                  movement.key.warehouse_id, reason},
         now);
  }
}

// Microseconds, as a database holds them.
absl::Time MemoryStore::Now() const { return absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now())); }

void MemoryStore::FailWith(absl::Status status) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(status);
}

std::vector<domain::Event> MemoryStore::PublishedEvents() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}

std::vector<HistoryRow> MemoryStore::History(const domain::OrderId& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::vector<HistoryRow>{} : found->second.history;
}

std::vector<domain::StockMovement> MemoryStore::Movements(const domain::LevelKey& key) const {
  const std::scoped_lock lock(mutex_);
  std::vector<domain::StockMovement> movements;
  std::copy_if(movements_.begin(), movements_.end(), std::back_inserter(movements),
               [&key](const domain::StockMovement& movement) { return movement.key == key; });
  return movements;
}

}  // namespace logistics::fakes
