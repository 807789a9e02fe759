#include "fakes/memory_store.hpp"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace logistics::fakes {

using domain::StockAction;

MemoryStore::MemoryStore(ports::IdGenerator& ids, const ports::Clock& clock, domain::StockPolicy policy,
                         int list_count_max)
    : list_count_max_(list_count_max), tables_(ids, clock, policy) {}

absl::StatusOr<domain::Order> MemoryStore::Create(const domain::NewOrder& order, const ports::CallContext& context) {
  return Run(commands::CreateOrder{order}, context);
}

absl::StatusOr<domain::Order> MemoryStore::ChangeStatus(const domain::StatusChange& change,
                                                        const ports::CallContext& context) {
  return Run(commands::ChangeStatus{change}, context);
}

absl::StatusOr<domain::Product> MemoryStore::CreateProduct(const domain::Product& product,
                                                           const ports::CallContext& context) {
  return Run(commands::CreateProduct{product}, context);
}

absl::StatusOr<ports::LevelRow> MemoryStore::Adjust(const ports::StockAdjustment& adjustment,
                                                    const ports::CallContext& context) {
  return Run(commands::AdjustStock{adjustment}, context);
}

absl::StatusOr<ports::ReservationAnswer> MemoryStore::Reserve(const ports::ReservationRequest& request,
                                                              const ports::CallContext& context) {
  return Run(commands::ReserveStock{request}, context);
}

absl::StatusOr<ports::EndAnswer> MemoryStore::Release(const domain::ExternalId& id, const std::string& reason,
                                                      const ports::CallContext& context) {
  return Run(commands::EndReservation{id, StockAction::kRelease, reason}, context);
}

absl::StatusOr<ports::EndAnswer> MemoryStore::CommitReservation(const domain::ExternalId& id,
                                                                const ports::CallContext& context) {
  return Run(commands::EndReservation{id, StockAction::kCommit, ""}, context);
}

absl::StatusOr<ports::PaymentResult> MemoryStore::Apply(const domain::PaymentNotice& notice,
                                                        const ports::InboxEntry& entry,
                                                        const ports::CallContext& context) {
  return Run(commands::ApplyPayment{notice, entry}, context);
}

absl::StatusOr<domain::Order> MemoryStore::Get(const domain::OrderId& id, const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = tables_.orders.find(id);
  if (found == tables_.orders.end()) {
    return absl::NotFoundError(absl::StrCat("order ", id.ToString(), " does not exist"));
  }
  return found->second;
}

absl::StatusOr<ports::StockSnapshot> MemoryStore::Snapshot(const ports::StockScope& scope,
                                                           const std::optional<domain::LevelKey>& after, int limit,
                                                           const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  ports::StockSnapshot page{Head(), LevelRows(scope.products, scope.warehouses), std::nullopt};
  if (after) std::erase_if(page.levels, [&](const ports::LevelRow& row) { return row.key <= *after; });
  if (std::ssize(page.levels) > limit) {
    page.levels.resize(static_cast<std::size_t>(limit));
    page.next = page.levels.back().key;
  }
  return page;
}

ports::LogHead MemoryStore::Head() const {
  domain::Uuid::Bytes id{};
  id.back() = 1;
  return {domain::Uuid(id), 1, tables_.commits, tables_.Now()};
}

absl::StatusOr<ports::StockChanges> MemoryStore::ReadAfter(std::int64_t position, int commits_max,
                                                           const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  ports::StockChanges page;
  page.head = Head();
  page.position = std::max(position, std::min(tables_.commits, position + commits_max));
  page.more = page.position < tables_.commits;
  for (const ports::StockChange& change : tables_.stock_changes) {
    if (change.number > position && change.number <= page.position) page.changes.push_back(change);
  }
  return page;
}

void MemoryStore::FailWith(absl::Status status) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(status);
}

std::vector<domain::Event> MemoryStore::PublishedEvents() const {
  const std::scoped_lock lock(mutex_);
  return tables_.events;
}

std::vector<HistoryRow> MemoryStore::History(const domain::OrderId& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = tables_.history.find(id);
  return found == tables_.history.end() ? std::vector<HistoryRow>{} : found->second;
}

std::vector<domain::StockMovement> MemoryStore::Movements(const domain::LevelKey& key) const {
  const std::scoped_lock lock(mutex_);
  std::vector<domain::StockMovement> movements;
  std::copy_if(tables_.movements.begin(), tables_.movements.end(), std::back_inserter(movements),
               [&key](const domain::StockMovement& movement) { return movement.key == key; });
  return movements;
}

std::vector<domain::RecordedPayment> MemoryStore::Payments(const domain::OrderId& id) const {
  const std::scoped_lock lock(mutex_);
  std::vector<domain::RecordedPayment> payments;
  std::copy_if(tables_.payments.begin(), tables_.payments.end(), std::back_inserter(payments),
               [&id](const domain::RecordedPayment& payment) { return payment.order_id == id; });
  return payments;
}

}  // namespace logistics::fakes
