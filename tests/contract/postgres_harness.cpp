#include "app/uuid_v7.hpp"
#include "contract/store_contract.hpp"
#include "fakes/detached.hpp"
#include "fakes/null_metrics.hpp"
#include "fakes/recording_encoder.hpp"
#include "fakes/recording_health.hpp"
#include "storage/database.hpp"
#include "support/migrated.hpp"

namespace logistics::contract {
namespace {

domain::MovementCause CauseOf(const std::string& name) {
  using domain::MovementCause;
  for (const MovementCause cause : {MovementCause::kReserve, MovementCause::kRelease, MovementCause::kCommit,
                                    MovementCause::kAdjust, MovementCause::kRestock}) {
    if (domain::MovementCauseName(cause) == name) return cause;
  }
  throw std::runtime_error("unknown cause in the ledger: " + name);
}

storage::DatabaseOptions OptionsOf(const std::string& url, const domain::StockPolicy& policy, int list_count_max) {
  storage::DatabaseOptions options;
  options.url = url;
  options.stock_policy = policy;
  options.list_count_max = list_count_max;
  return options;
}

class PostgresHarness : public StoreHarness {
 public:
  PostgresHarness(const domain::StockPolicy& policy, int list_count_max)
      : ids_(clock_),
        store_(OptionsOf(database_.url(), policy, list_count_max), ids_.NewId(), ids_, clock_, encoder_, metrics_,
               health_) {}

  ports::OrderStore& orders() override { return store_.orders(); }
  ports::StockStore& stock() override { return store_.stock(); }
  ports::StockLog& stock_log() override { return store_.stock_log(); }
  ports::PaymentStore& payments() override { return store_.payments(); }
  ports::Inbox& inbox() override { return store_.inbox(); }
  ports::IdGenerator& ids() override { return ids_; }
  fakes::FakeClock& clock() override { return clock_; }

  std::vector<domain::Event> Events() override {
    std::vector<domain::Event> events;
    for (const pqxx::row& row :
         database_.Query("SELECT o.message_id FROM outbox_events o JOIN commits c USING (batch_id) "
                         "ORDER BY c.number, o.ordinal")) {
      events.push_back(*encoder_.Find(*domain::Uuid::Parse(row[0].c_str())));
    }
    return events;
  }

  std::vector<fakes::HistoryRow> History(const domain::OrderId& id) override {
    std::vector<fakes::HistoryRow> history;
    for (const pqxx::row& row :
         database_.Query("SELECT version, previous_status, new_status, changed_by, notes FROM order_status_history "
                         "WHERE order_id = '" +
                         id.ToString() + "' ORDER BY version")) {
      fakes::HistoryRow change;
      change.version = row[0].as<std::int64_t>();
      if (!row[1].is_null()) change.previous = domain::OrderStatusFromKey(row[1].c_str());
      change.status = *domain::OrderStatusFromKey(row[2].c_str());
      change.changed_by = row[3].c_str();
      change.notes = row[4].c_str();
      history.push_back(change);
    }
    return history;
  }

  std::vector<domain::StockMovement> Movements(const domain::LevelKey& key) override {
    std::vector<domain::StockMovement> movements;
    for (const pqxx::row& row :
         database_.Query("SELECT m.quantity_delta, m.reserved_delta, m.quantity_after, m.reserved_after, m.cause "
                         "FROM stock_movements m JOIN commits c USING (batch_id) WHERE m.product_id = '" +
                         key.product_id.ToString() + "' AND m.warehouse_id = '" + key.warehouse_id.ToString() +
                         "' ORDER BY c.number, m.ordinal")) {
      movements.push_back({key, row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>(),
                           row[3].as<std::int64_t>(), CauseOf(row[4].c_str())});
    }
    return movements;
  }

  std::vector<domain::RecordedPayment> Payments(const domain::OrderId& id) override {
    std::vector<domain::RecordedPayment> payments;
    for (const pqxx::row& row : database_.Query("SELECT outcome, payment_id FROM payments WHERE order_id = '" +
                                                id.ToString() + "' ORDER BY id")) {
      payments.push_back({id, *domain::PaymentOutcomeFromName(row[0].c_str()),
                          row[1].is_null() ? std::nullopt : domain::Uuid::Parse(row[1].c_str())});
    }
    return payments;
  }

  void AgeInbox(absl::Duration by) override {
    database_.Query("UPDATE inbox_waiting SET due_at = due_at - interval '1 second' * " +
                    std::to_string(absl::ToDoubleSeconds(by)));
  }

 protected:
  storage::Database& database() { return store_; }

 private:
  test::TestDatabase database_{test::Migrated()};
  fakes::FakeClock clock_;
  app::UuidV7Generator ids_;
  fakes::RecordingEncoder encoder_;
  fakes::NullMetrics metrics_;
  fakes::RecordingHealth health_;
  storage::Database store_;
};

std::unique_ptr<StoreHarness> MakePostgres(const domain::StockPolicy& policy, int list_count_max) {
  return std::make_unique<PostgresHarness>(policy, list_count_max);
}

// The same stores, by calls that hold no thread while they wait.
class DetachedHarness final : public PostgresHarness {
 public:
  using PostgresHarness::PostgresHarness;
  ports::OrderStore& orders() override { return orders_; }
  ports::StockStore& stock() override { return stock_; }

 private:
  fakes::ThreadExecutor calls_;
  fakes::DetachedOrders orders_{database().async_orders(), database().orders(), calls_};
  fakes::DetachedStock stock_{database().async_stock(), database().stock(), calls_};
};

std::unique_ptr<StoreHarness> MakeDetached(const domain::StockPolicy& policy, int list_count_max) {
  return std::make_unique<DetachedHarness>(policy, list_count_max);
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(HarnessFactory{"Postgres", &MakePostgres}),
                         HarnessName);
INSTANTIATE_TEST_SUITE_P(PostgresDetached, StoreContract,
                         testing::Values(HarnessFactory{"PostgresDetached", &MakeDetached}), HarnessName);

}  // namespace
}  // namespace logistics::contract
