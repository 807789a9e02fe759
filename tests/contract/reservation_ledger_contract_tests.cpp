// ports::ReservationLedger: one suite runs against the fake that tests of the reconciler use and against Postgres.
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "fakes/scripted_ledger.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "gmock/gmock.h"
#include "storage/stores/postgres_reservation_ledger.hpp"
#include "support/migrated.hpp"
#include "support/postgres.hpp"

namespace logistics::contract {
namespace {

using fakes::IsOk;
using ports::ExpectedReserved;
using ports::RestockInDoubt;
using testing::ElementsAre;
using testing::IsEmpty;

// Books without a row.
class LedgerHarness {
 public:
  virtual ~LedgerHarness() = default;
  virtual ports::ReservationLedger& ledger() = 0;
  // A reservation of so many pieces, held for an hour.
  virtual void Hold(const domain::LevelKey& key, std::int32_t pieces) = 0;
  // One that was released an hour ago, with nothing left to do.
  virtual void AddReleased(const domain::LevelKey& key, std::int32_t pieces) = 0;
  virtual void AddInDoubt(const RestockInDoubt& restock) = 0;
};

class ScriptedLedgerHarness final : public LedgerHarness {
 public:
  ports::ReservationLedger& ledger() override { return ledger_; }
  void Hold(const domain::LevelKey& key, std::int32_t pieces) override {
    ExpectedReserved& level = levels_[key];
    level.key = key;
    level.held += pieces;
    ledger_.Set(level);
  }
  void AddReleased(const domain::LevelKey& key, std::int32_t /*pieces*/) override { ledger_.Set({key, 0, 0, 0}); }
  void AddInDoubt(const RestockInDoubt& restock) override { ledger_.AddInDoubt(restock); }

 private:
  std::map<domain::LevelKey, ExpectedReserved> levels_;
  fakes::ScriptedLedger ledger_;
};

class PostgresLedgerHarness final : public LedgerHarness {
 public:
  ports::ReservationLedger& ledger() override { return ledger_; }
  void Hold(const domain::LevelKey& key, std::int32_t pieces) override { Add("held", key, pieces); }
  void AddReleased(const domain::LevelKey& key, std::int32_t pieces) override { Add("released", key, pieces); }
  void AddInDoubt(const RestockInDoubt& restock) override {
    database_.Query(absl::StrCat(
        "INSERT INTO restocks_in_doubt (reservation_id, product_id, warehouse_id, sku, quantity, reason, since) VALUES "
        "('",
        restock.reservation_id.ToString(), "', '", restock.key.product_id.ToString(), "', '",
        restock.key.warehouse_id.ToString(), "', '", restock.sku, "', ", restock.quantity, ", '", restock.reason,
        "', to_timestamp(", absl::ToUnixSeconds(restock.since), "))"));
  }

 private:
  void Add(const std::string& state, const domain::LevelKey& key, std::int32_t pieces) {
    database_.Query(absl::StrCat("INSERT INTO reservations VALUES ('", ids_.NewId().ToString(), "', '",
                                 key.warehouse_id.ToString(), "', '", state, "', '{", key.product_id.ToString(),
                                 "}', '{any}', '{", pieces,
                                 "}', now() - interval '1 hour', now() - interval '1 hour', 'peer')"));
  }
  storage::DatabaseOptions Options() const {
    storage::DatabaseOptions options;
    options.url = database_.url();
    return options;
  }

  test::TestDatabase database_{test::Migrated()};
  fakes::SequentialIds ids_;
  storage::SessionPool pool_{Options(), 2};
  storage::PostgresReservationLedger ledger_{pool_};
};

struct LedgerFactory {
  std::string name;
  std::function<std::unique_ptr<LedgerHarness>()> make;
  friend std::ostream& operator<<(std::ostream& out, const LedgerFactory& factory) { return out << factory.name; }
};

class ReservationLedgerContract : public testing::TestWithParam<LedgerFactory> {
 protected:
  ReservationLedgerContract() : harness_(GetParam().make()) {
    for (domain::LevelKey& key : keys_) key = {domain::ProductId(ids_.NewId()), warehouse_};
  }
  std::vector<ExpectedReserved> Levels(std::optional<absl::Time> since = std::nullopt) {
    const auto snapshot = harness_->ledger().Snapshot(since, {});
    EXPECT_THAT(snapshot, IsOk());
    return snapshot.ok() ? snapshot->levels : std::vector<ExpectedReserved>();
  }
  RestockInDoubt Restock(std::int64_t second) {
    return {ids_.NewId(), keys_[0], "SKU", 2, "why", absl::FromUnixSeconds(second)};
  }

  fakes::SequentialIds ids_;
  const domain::WarehouseId warehouse_{ids_.NewId()};
  std::array<domain::LevelKey, 3> keys_;  // rising
  const std::unique_ptr<LedgerHarness> harness_;
};

TEST_P(ReservationLedgerContract, Snapshot_IsSortedAndHasNoLevelOfNothing) {
  EXPECT_THAT(Levels(), IsEmpty());
  harness_->Hold(keys_[2], 3);
  harness_->Hold(keys_[0], 1);
  harness_->AddReleased(keys_[1], 5);
  harness_->Hold(keys_[0], 4);
  const std::vector<ExpectedReserved> expected = {{keys_[0], 5, 0, 0}, {keys_[2], 3, 0, 0}};
  EXPECT_EQ(Levels(), expected);
}

TEST_P(ReservationLedgerContract, SnapshotSinceAnEarlierOne_LeavesWhatHasNotChangedHeld) {
  harness_->Hold(keys_[0], 1);
  const auto earlier = harness_->ledger().Snapshot(std::nullopt, {});
  ASSERT_THAT(earlier, IsOk());
  EXPECT_THAT(Levels(earlier->taken_at), ElementsAre(ExpectedReserved{keys_[0], 1, 0, 0}));
}

TEST_P(ReservationLedgerContract, RestocksInDoubt_AreTheOldestFirst) {
  EXPECT_THAT(*harness_->ledger().RestocksInDoubt(10, {}), IsEmpty());
  std::vector<RestockInDoubt> restocks;
  for (const std::int64_t second : {30, 10, 20}) {
    restocks.push_back(Restock(second));
    harness_->AddInDoubt(restocks.back());
  }
  const auto oldest = harness_->ledger().RestocksInDoubt(2, {});
  ASSERT_THAT(oldest, IsOk());
  std::vector<domain::Uuid> ids;
  for (const RestockInDoubt& restock : *oldest) ids.push_back(restock.reservation_id);
  EXPECT_THAT(ids, ElementsAre(restocks[1].reservation_id, restocks[2].reservation_id));
  const RestockInDoubt first = harness_->ledger().RestocksInDoubt(1, {})->front();
  EXPECT_EQ(first.key, keys_[0]);
  EXPECT_EQ(first.quantity, 2);
  EXPECT_EQ(first.since, absl::FromUnixSeconds(10));
}

INSTANTIATE_TEST_SUITE_P(
    All, ReservationLedgerContract,
    testing::Values(LedgerFactory{"Scripted", [] { return std::make_unique<ScriptedLedgerHarness>(); }},
                    LedgerFactory{"Postgres", [] { return std::make_unique<PostgresLedgerHarness>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace logistics::contract
