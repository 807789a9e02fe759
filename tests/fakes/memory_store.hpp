#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/history_row.hpp"
#include "fakes/memory_inbox.hpp"
#include "logistics/domain/event.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/order_store.hpp"
#include "logistics/ports/payment_store.hpp"
#include "logistics/ports/stock_log.hpp"
#include "logistics/ports/stock_store.hpp"

namespace logistics::fakes {

// The stores of orders, stock and payments and the log of stock over one memory: the contract of the ports with the
// domain's own decisions, without durability. Held to it by the contract suite, which runs against Postgres too.
// Thread-safe: one lock over everything, so each call is a transaction of its own and never waits (deadlines do not
// matter).
class MemoryStore final : public ports::OrderStore,
                          public ports::StockStore,
                          public ports::StockLog,
                          public ports::PaymentStore {
 public:
  // The references outlive the store.
  MemoryStore(ports::IdGenerator& ids, const ports::Clock& clock, domain::StockPolicy policy = {});

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

  absl::StatusOr<ports::HoldAnswer> Reserve(const ports::StockHold& hold, const ports::CallContext& context) override;
  absl::StatusOr<ports::SettlementAnswer> Release(const domain::Uuid& id, const std::string& reason,
                                                  const ports::CallContext& context) override;
  absl::StatusOr<ports::SettlementAnswer> CommitReservation(const domain::Uuid& id,
                                                            const ports::CallContext& context) override;

  absl::StatusOr<ports::StockSnapshot> Snapshot(const std::vector<domain::ProductId>& products,
                                                const std::vector<domain::WarehouseId>& warehouses,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::StockChanges> ReadAfter(std::int64_t position, int commits_max,
                                                const ports::CallContext& context) override;

  absl::StatusOr<ports::PaymentResult> Apply(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                                             const ports::CallContext& context) override;
  // Where messages wait, and which are done.
  MemoryInbox& inbox() { return inbox_; }

  // From now on every call answers this; an OK status ends it.
  void FailWith(absl::Status status);

  // What was told, in order; what was done to an order, and to a level.
  std::vector<domain::Event> PublishedEvents() const;
  std::vector<HistoryRow> History(const domain::OrderId& id) const;
  std::vector<domain::StockMovement> Movements(const domain::LevelKey& key) const;
  // What is recorded of an order, in order.
  std::vector<domain::RecordedPayment> Payments(const domain::OrderId& id) const;

 private:
  struct StoredOrder {
    domain::Order order;
    domain::Reservation reservation;
    std::vector<HistoryRow> history;
  };
  struct KeyedOrder {
    std::string fingerprint;
    domain::OrderId order_id;
  };
  struct StoredLevel {
    domain::StockLevel level;
    absl::Time updated_at;
  };

  // All of these want mutex_ held.
  absl::StatusOr<domain::Order> Change(const domain::StatusChange& change);
  void SetStatus(StoredOrder& stored, domain::OrderStatus status, const std::string& changed_by,
                 const std::string& notes, absl::Time now);
  std::vector<ports::LevelRow> LevelRows(const std::vector<domain::ProductId>& products,
                                         const std::vector<domain::WarehouseId>& warehouses) const;
  absl::StatusOr<ports::SettlementAnswer> Settle(const domain::Uuid& id, domain::StockAction action,
                                                 const std::string& reason);
  std::optional<domain::Reservation> FindHold(const domain::Uuid& id) const;
  absl::Status ResolveProducts(std::vector<domain::OrderLine>& lines) const;
  domain::StockBook BookOf(const domain::Reservation& reservation) const;
  absl::Status MoveStock(domain::StockAction action, domain::Reservation& reservation, domain::StockBook& book,
                         std::vector<domain::StockMovement>& movements) const;
  void Save(const domain::StockBook& book, const std::vector<domain::StockMovement>& movements, absl::Time now);
  void Tell(domain::EventData data, absl::Time now);
  void TellQuantities(const std::vector<domain::StockMovement>& movements, const std::string& reason, absl::Time now);
  absl::Time Now() const;

  ports::IdGenerator& ids_;
  const ports::Clock& clock_;
  const domain::StockPolicy policy_;

  mutable std::mutex mutex_;  // guards everything below
  absl::Status failure_;
  std::map<domain::OrderId, StoredOrder> orders_;
  std::map<std::pair<domain::CustomerId, std::string>, KeyedOrder> keys_;
  std::map<domain::ProductId, domain::Product> products_;
  std::map<std::string, domain::ProductId> skus_;
  std::map<domain::LevelKey, StoredLevel> levels_;
  std::map<domain::Uuid, domain::Reservation> holds_;  // that others made
  std::vector<domain::StockMovement> movements_;
  std::int64_t commits_ = 0;                 // of what changed stock or could have
  std::vector<ports::StockChange> changes_;  // one a movement
  std::vector<domain::Event> events_;
  std::vector<domain::RecordedPayment> payments_;
  MemoryInbox inbox_;  // has a lock of its own, taken after mutex_
};

}  // namespace logistics::fakes
