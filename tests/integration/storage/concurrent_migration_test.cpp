#include <gmock/gmock.h>

#include <future>
#include <string>

#include "fakes/eventually.hpp"
#include "integration/storage/storage_fixture.hpp"
#include "storage/schema/concurrent_migration.hpp"
#include "storage/schema/migrations.hpp"
#include "storage/schema/migrator.hpp"

namespace logistics::storage {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using testing::ElementsAre;

constexpr char kInsertReservation[] =
    "INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, keeper, created_at, updated_at) "
    "VALUES (gen_random_uuid(), gen_random_uuid(), 'released', '{}', '{}', '{}', 'self', now(), now())";
constexpr char kBuilds[] =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX "
    "CONCURRENTLY %' AND state = 'active' AND wait_event_type = 'Lock'";
constexpr char kState[] =
    "SELECT coalesce((SELECT CASE WHEN indisvalid THEN 2 ELSE 1 END FROM pg_index "
    "WHERE indexrelid = to_regclass('reservations_ended_by_age')), 0)";
constexpr int kInvalid = 1;
constexpr int kValid = 2;

// A database of the release before migration 0012.
class ConcurrentMigrationTest : public testing::Test {
 protected:
  ConcurrentMigrationTest() {
    options_.url = database_.url();
    database_.Query("DROP INDEX reservations_ended_by_age");
    database_.Query("DELETE FROM schema_migrations WHERE name LIKE '0012%'");
  }
  std::future<absl::StatusOr<std::vector<std::string>>> MigrateBeside() {
    return std::async(std::launch::async, [this] { return Migrate(options_); });
  }
  bool AwaitBuild() const {
    return Eventually([this] { return database_.QueryNumber(kBuilds) > 0; });
  }
  std::int64_t State() const { return database_.QueryNumber(kState); }

  test::TestDatabase database_{test::Migrated()};
  DatabaseOptions options_;
};

TEST_F(ConcurrentMigrationTest, LargeTable_IsWrittenWhileItsIndexIsBuilt) {
  Session old_transaction(options_, SessionUse::kQueries);
  old_transaction.Begin();
  old_transaction.Script(kInsertReservation);
  auto migrated = MigrateBeside();
  ASSERT_TRUE(AwaitBuild());

  Session writer(options_, SessionUse::kQueries);
  writer.Script("SET lock_timeout = '2s'");
  writer.Script(kInsertReservation);
  EXPECT_EQ(State(), kInvalid);

  old_transaction.Script("COMMIT");
  EXPECT_THAT(migrated.get(), IsOkAndHolds(ElementsAre("0012_reservations_ended_by_age")));
  EXPECT_EQ(State(), kValid);
  EXPECT_THAT(Migrate(options_), IsOkAndHolds(testing::IsEmpty()));
}

TEST_F(ConcurrentMigrationTest, BuildThatWasKilled_BeginsAnew) {
  Session old_transaction(options_, SessionUse::kQueries);
  old_transaction.Begin();
  old_transaction.Script(kInsertReservation);
  auto killed = MigrateBeside();
  ASSERT_TRUE(AwaitBuild());
  database_.Query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE "
      "'CREATE INDEX CONCURRENTLY %' AND state = 'active'");
  EXPECT_THAT(killed.get(), fakes::StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_EQ(State(), kInvalid);
  old_transaction.Script("COMMIT");

  EXPECT_THAT(Migrate(options_), IsOkAndHolds(ElementsAre("0012_reservations_ended_by_age")));
  EXPECT_EQ(State(), kValid);
}

TEST_F(ConcurrentMigrationTest, BuildThatWasKilledBeforeItWasNoted_IsNotRepeated) {
  ASSERT_THAT(Migrate(options_), IsOk());
  const std::int64_t built = database_.QueryNumber("SELECT 'reservations_ended_by_age'::regclass::oid");
  database_.Query("DELETE FROM schema_migrations WHERE name LIKE '0012%'");
  ASSERT_THAT(Migrate(options_), IsOk());
  EXPECT_EQ(database_.QueryNumber("SELECT 'reservations_ended_by_age'::regclass::oid"), built);
}

// Each one waits for the lock while the other's build waits for all snapshots.
TEST_F(ConcurrentMigrationTest, ReplicaThatWaitsForTheLock_DoesNotHoldUpTheBuild) {
  options_.lock_timeout = absl::Seconds(30);
  Session old_transaction(options_, SessionUse::kQueries);
  old_transaction.Begin();
  old_transaction.Script(kInsertReservation);
  auto first = MigrateBeside();
  ASSERT_TRUE(AwaitBuild());
  auto second = MigrateBeside();
  ASSERT_TRUE(Eventually([this] {
    return database_.QueryNumber(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE "
               "'%advisory%lock(%' AND pid <> pg_backend_pid()") > 0;
  }));
  old_transaction.Script("COMMIT");
  EXPECT_THAT(first.get(), IsOkAndHolds(ElementsAre("0012_reservations_ended_by_age")));
  EXPECT_THAT(second.get(), IsOkAndHolds(testing::IsEmpty()));
  EXPECT_EQ(State(), kValid);
}

TEST(ConcurrentMigrationNamesTest, OnlyMigrationsThatSayConcurrently_RunOutsideTransactions) {
  EXPECT_TRUE(IsConcurrent({"a", "-- Why.\nCREATE INDEX CONCURRENTLY i ON t (c);\n"}));
  EXPECT_TRUE(IsConcurrent({"b", "DROP INDEX CONCURRENTLY IF EXISTS i;"}));
  EXPECT_FALSE(IsConcurrent({"c", "-- Not INDEX CONCURRENTLY but\nCREATE INDEX i ON t (c);\n"}));
}

}  // namespace
}  // namespace logistics::storage
