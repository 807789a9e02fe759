#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "logistics/base/periodic_task.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/event_encoder.hpp"
#include "logistics/ports/health.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/outbox.hpp"
#include "storage/batch/write_executor.hpp"
#include "storage/coordination/change_signal.hpp"
#include "storage/coordination/leased_task.hpp"
#include "storage/coordination/replica_registry.hpp"
#include "storage/outbox/outbox_statistics.hpp"
#include "storage/outbox/postgres_routed_keys.hpp"
#include "storage/reservation_sweeper.hpp"
#include "storage/retention.hpp"
#include "storage/stores/postgres_calls.hpp"
#include "storage/stores/postgres_inbox.hpp"
#include "storage/stores/postgres_intent_store.hpp"
#include "storage/stores/postgres_order_log.hpp"
#include "storage/stores/postgres_order_store.hpp"
#include "storage/stores/postgres_payment_store.hpp"
#include "storage/stores/postgres_reservation_ledger.hpp"
#include "storage/stores/postgres_settlement_store.hpp"
#include "storage/stores/postgres_stock_log.hpp"
#include "storage/stores/postgres_stock_store.hpp"
#include "storage/table_sizes.hpp"
#include "storage/unknown_rows.hpp"

namespace logistics::storage {

// All that a replica keeps in Postgres: stores, batchers, the signal of changes, the sweepers. References given to the
// constructor outlive it. The destructor runs queued commands to their end.
class Database {
 public:
  Database(const DatabaseOptions& options, const domain::Uuid& replica_id, ports::IdGenerator& ids,
           const ports::Clock& clock, const ports::EventEncoder& encoder, ports::Metrics& metrics,
           ports::HealthReporter& health);
  ~Database() { stopping_ = true; }

  ports::OrderStore& orders() { return order_store_; }
  ports::StockStore& stock() { return stock_store_; }
  // The same without a thread that waits. The executors of their callers outlive the database.
  ports::AsyncOrderStore& async_orders() { return calls_; }
  ports::AsyncStockStore& async_stock() { return calls_; }
  ports::StockLog& stock_log() { return stock_log_; }
  ports::OrderLog& order_log() { return order_log_; }
  // For messages of other services.
  ports::PaymentStore& payments() { return payment_store_; }
  ports::Inbox& inbox() { return inbox_; }
  // For inventory that another service keeps.
  ports::IntentStore& intents() { return intent_store_; }
  ports::SettlementStore& settlements() { return settlement_store_; }
  ports::ReservationLedger& reservation_ledger() { return reservation_ledger_; }

  // For the relay; each call of NewOutbox makes one with a connection of its own.
  ports::RoutedKeys& routed_keys() { return routed_keys_; }
  std::unique_ptr<ports::Outbox> NewOutbox();

  // Runs `work` every `interval`, on one replica at a time, until the task is destroyed; `work` takes less than a
  // minute. The schema exists.
  std::unique_ptr<LeasedTask> NewTask(std::string name, absl::Duration interval, std::function<void()> work) const;

  // Adds a subscriber: `wake` is called after each commit of any replica. Before Start only.
  void OnChange(std::function<void()> wake) { signal_.Subscribe(std::move(wake)); }

  // No subscriber is called after this returns.
  void Silence() { signal_.Silence(); }

  // Begins to listen and to sweep, and keeps all sessions open; the schema exists (Migrate). From here on the component
  // "postgres" is reported.
  void Start();

 private:
  const DatabaseOptions options_;
  const domain::Uuid replica_id_;
  ports::IdGenerator& ids_;
  ports::Metrics& metrics_;
  ports::HealthReporter& health_;
  SessionHealth session_health_;
  ChangeSignal signal_;
  ProductCache products_;
  ContestedKeys contested_;
  SessionPool serving_;
  SessionPool background_;
  SessionPool lists_;
  const WriterDeps writer_deps_;
  WriteBatcher writes_;
  OrderReadBatcher reads_;
  PostgresOrderStore order_store_;
  PostgresStockStore stock_store_;
  PostgresCalls calls_;
  PostgresStockLog stock_log_;
  PostgresOrderLog order_log_;
  PostgresIntentStore intent_store_;
  PostgresSettlementStore settlement_store_;
  PostgresReservationLedger reservation_ledger_;
  PostgresPaymentStore payment_store_;
  PostgresInbox inbox_;
  std::unique_ptr<ReplicaRegistry> replica_registry_;
  PostgresRoutedKeys routed_keys_;
  std::unique_ptr<LeasedTask> age_sweeper_;
  std::unique_ptr<ReservationSweeper> reservation_sweeper_;
  std::unique_ptr<Retention> retention_;  // null: all rows are kept
  std::unique_ptr<OutboxStatistics> outbox_statistics_;
  std::unique_ptr<TableSizes> table_sizes_;
  std::unique_ptr<UnknownRows> unknown_rows_;
  std::atomic<bool> stopping_ = false;
  std::optional<base::PeriodicTask> pool_keeper_;  // last: it works with the pools
};

}  // namespace logistics::storage
