#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/history_row.hpp"
#include "fakes/memory_inbox.hpp"
#include "fakes/memory_tables.hpp"
#include "logistics/domain/event.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/order_store.hpp"
#include "logistics/ports/payment_store.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::fakes {

// The stores of orders, stock and payments and the log of stock over tables in memory: the contract of the ports by the
// same commands as in production, without durability. The contract suite runs against it and against Postgres.
// Thread-safe: one lock over everything, so each call is a transaction of its own and never waits (deadlines do not
// matter).
class MemoryStore final : public ports::OrderStore,
                          public ports::StockStore,
                          public ports::StockLog,
                          public ports::PaymentStore {
 public:
  // The references outlive the store.
  // `list_count_max`: the orders that a list counts and sorts; 0 = all.
  MemoryStore(ports::IdGenerator& ids, const ports::Clock& clock, domain::StockPolicy policy = {},
              int list_count_max = 10'000);

  absl::StatusOr<domain::Order> Create(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> ChangeStatus(const domain::StatusChange& change,
                                             const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> Get(const domain::OrderId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderPage> List(const ports::OrderQuery& query, const ports::CallContext& context) override;

  absl::StatusOr<domain::Product> CreateProduct(const domain::Product& product,
                                                const ports::CallContext& context) override;
  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                  const ports::CallContext& context) override;
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& adjustment,
                                         const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& warehouses,
                                                      const ports::CallContext& context) override;

  absl::StatusOr<ports::ReservationAnswer> Reserve(const ports::ReservationRequest& hold,
                                                   const ports::CallContext& context) override;
  absl::StatusOr<ports::EndAnswer> Release(const domain::ExternalId& id, const std::string& reason,
                                           const ports::CallContext& context) override;
  absl::StatusOr<ports::EndAnswer> CommitReservation(const domain::ExternalId& id,
                                                     const ports::CallContext& context) override;

  absl::StatusOr<ports::StockSnapshot> Snapshot(const ports::StockScope& scope,
                                                const std::optional<domain::LevelKey>& after, int limit,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::StockChanges> ReadAfter(std::int64_t position, int commits_max,
                                                const ports::CallContext& context) override;

  absl::StatusOr<ports::PaymentResult> Apply(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                                             const ports::CallContext& context) override;
  // Where messages wait, and which are done.
  MemoryInbox& inbox() { return tables_.inbox; }

  // From now on every call answers this; an OK status ends it.
  void FailWith(absl::Status status);

  // The events that were emitted, in order; what was done to an order, and to a level.
  std::vector<domain::Event> PublishedEvents() const;
  std::vector<HistoryRow> History(const domain::OrderId& id) const;
  std::vector<domain::StockMovement> Movements(const domain::LevelKey& key) const;
  // What is recorded of an order, in order.
  std::vector<domain::RecordedPayment> Payments(const domain::OrderId& id) const;

 private:
  // Runs one command as a transaction of its own.
  template <typename Command>
  absl::StatusOr<typename Command::Result> Run(Command command, const ports::CallContext& context) {
    const std::scoped_lock lock(mutex_);
    if (!failure_.ok()) return failure_;
    return tables_.Run(std::move(command), context);
  }
  // These want mutex_ held. INVALID_ARGUMENT where the list has more to sort than it may.
  absl::Status CheckSort(const ports::OrderQuery& query) const;
  // The head is that of database 1, timeline 1.
  ports::LogHead Head() const;
  std::vector<ports::LevelRow> LevelRows(const std::vector<domain::ProductId>& products,
                                         const std::vector<domain::WarehouseId>& warehouses) const;

  mutable std::mutex mutex_;  // guards everything below
  absl::Status failure_;
  const std::int64_t list_count_max_;
  MemoryTables tables_;
};

}  // namespace logistics::fakes
