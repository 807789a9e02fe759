// The outboxes that the contract suite is run against.
#include "app/uuid_v7.hpp"
#include "contract/outbox_contract.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_outbox.hpp"
#include "fakes/null_metrics.hpp"
#include "fakes/recording_encoder.hpp"
#include "fakes/recording_health.hpp"
#include "storage/database.hpp"
#include "storage/outbox/postgres_outbox.hpp"
#include "support/migrated.hpp"
#include "support/postgres.hpp"

namespace logistics::contract {
namespace {

class MemoryOutboxHarness final : public OutboxHarness {
 public:
  std::unique_ptr<ports::Outbox> NewOutbox(int replica) override {
    return std::make_unique<fakes::MemoryOutbox>(table_, replica);
  }
  void Commit(int commits) override {
    for (int i = 0; i < commits; ++i) table_.Commit({ports::OutboxMessage()});
  }
  void LoseRows() override { table_.LoseRows(); }

 private:
  fakes::MemoryOutboxTable table_;
};

class PostgresOutboxHarness final : public OutboxHarness {
 public:
  PostgresOutboxHarness()
      : ids_(clock_),
        options_(Options()),
        store_(options_, ids_.NewId(), ids_, clock_, encoder_, metrics_, health_),
        key_{domain::ProductId(ids_.NewId()), domain::WarehouseId(ids_.NewId())} {
    const absl::Time now = clock_.Now();
    const domain::Product product{key_.product_id, "SKU", "A product", "", "", {}, now, now};
    if (!store_.stock().CreateProduct(product, {}).ok()) throw std::runtime_error("no product");
  }

  std::unique_ptr<ports::Outbox> NewOutbox(int replica) override {
    const domain::Uuid& id = replica == 1 ? first_ : second_;
    return std::make_unique<storage::PostgresOutbox>(options_, id);
  }
  void Commit(int commits) override {
    for (int i = 0; i < commits; ++i) {
      if (!store_.stock().Adjust({key_, 1, "delivery", ""}, {}).ok()) throw std::runtime_error("no adjustment");
    }
  }
  void LoseRows() override { database_.Query("DELETE FROM outbox"); }

 private:
  storage::DatabaseOptions Options() const {
    storage::DatabaseOptions options;
    options.url = database_.url();
    return options;
  }

  test::TestDatabase database_{test::Migrated()};
  fakes::FakeClock clock_;
  app::UuidV7Generator ids_;
  fakes::RecordingEncoder encoder_;
  fakes::NullMetrics metrics_;
  fakes::RecordingHealth health_;
  const storage::DatabaseOptions options_;
  storage::Database store_;
  const domain::LevelKey key_;
  const domain::Uuid first_ = ids_.NewId();
  const domain::Uuid second_ = ids_.NewId();
};

INSTANTIATE_TEST_SUITE_P(
    All, OutboxContract,
    testing::Values(OutboxFactory{"Memory", [] { return std::make_unique<MemoryOutboxHarness>(); }},
                    OutboxFactory{"Postgres", [] { return std::make_unique<PostgresOutboxHarness>(); }}),
    OutboxName);

}  // namespace
}  // namespace logistics::contract
