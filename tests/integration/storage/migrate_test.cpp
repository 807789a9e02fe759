#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "integration/storage/storage_fixture.hpp"
#include "storage/schema/migrations.hpp"
#include "storage/schema/migrator.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::HasSubstr;
using testing::IsEmpty;

// An empty database.
class MigrateTest : public testing::Test {
 protected:
  MigrateTest() {
    options_.url = database_.url();
    options_.lock_timeout = absl::Seconds(30);
    for (const EmbeddedMigration& migration : EmbeddedMigrations()) names_.emplace_back(migration.name);
  }
  std::int64_t Applied() const { return database_.QueryNumber("SELECT count(*) FROM schema_migrations"); }

  test::TestDatabase database_;
  DatabaseOptions options_;
  std::vector<std::string> names_;
};

TEST_F(MigrateTest, EmptyDatabase_GetsEverythingInOrderAndTheSecondTimeNothing) {
  ASSERT_FALSE(names_.empty());
  EXPECT_THAT(Migrate(options_), IsOkAndHolds(names_));
  EXPECT_THAT(Migrate(options_), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(Applied(), static_cast<std::int64_t>(names_.size()));
}

TEST_F(MigrateTest, ReplicasThatStartTogether_ApplyEachStepOnce) {
  constexpr int kReplicas = 4;
  std::vector<absl::StatusOr<std::vector<std::string>>> outcomes(kReplicas);
  AtOnce(kReplicas, [&](int i) { outcomes[static_cast<std::size_t>(i)] = Migrate(options_); });
  std::vector<std::string> applied;
  for (const auto& outcome : outcomes) {
    ASSERT_THAT(outcome, IsOk());
    applied.insert(applied.end(), outcome->begin(), outcome->end());
  }
  EXPECT_THAT(applied, testing::UnorderedElementsAreArray(names_));
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM change_counter"), 1);
}

TEST_F(MigrateTest, MigrationOfALaterRelease_IsLeftAlone) {
  ASSERT_THAT(Migrate(options_), IsOk());
  database_.Query("INSERT INTO schema_migrations (name) VALUES ('9999_of_a_later_release')");
  database_.Query("ALTER TABLE orders ADD COLUMN of_a_later_release text");
  EXPECT_THAT(Migrate(options_), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(Applied(), static_cast<std::int64_t>(names_.size()) + 1);
}

TEST_F(MigrateTest, StepThatFails_LeavesNothingOfItBehind) {
  database_.Query("CREATE TABLE leases (in_the_way text)");  // the first migration makes a table of this name, late
  EXPECT_THAT(Migrate(options_), StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(Applied(), 0);
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM pg_tables WHERE tablename = 'orders'"), 0);
  database_.Query("DROP TABLE leases");
  EXPECT_THAT(Migrate(options_), IsOkAndHolds(names_));
}

TEST_F(MigrateTest, RestoredDatabase_GetsAnotherIdentityEachTime) {
  EXPECT_THAT(RenewIdentity(options_), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no schema")));
  ASSERT_THAT(Migrate(options_), IsOk());
  const auto identity = [&] {
    return database_.Query("SELECT value FROM engine_facts WHERE name = 'database_id'")[0][0].as<std::string>();
  };
  const std::string before = identity();
  const absl::StatusOr<std::string> first = RenewIdentity(options_);
  ASSERT_THAT(first, IsOkAndHolds(identity()));
  EXPECT_NE(*first, before);
  EXPECT_TRUE(domain::Uuid::Parse(*first).has_value());
  EXPECT_THAT(RenewIdentity(options_), IsOkAndHolds(testing::Ne(*first)));
}

TEST_F(MigrateTest, DatabaseAway_IsUnavailable) {
  options_.url = "postgres://nobody:nothing@127.0.0.1:1/nowhere";
  EXPECT_THAT(Migrate(options_), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MigrateTest, ReservationsOfBefore_AreOfTheKeeperWhoseLedgerHasThem) {
  ASSERT_THAT(Migrate(options_), IsOk());
  database_.Query(
      "ALTER TABLE reservations DROP COLUMN keeper, DROP COLUMN external_text; DROP TABLE restocks_refused; "
      "DELETE FROM schema_migrations WHERE name LIKE '0011%'; "
      "INSERT INTO reservations SELECT gen_random_uuid(), gen_random_uuid(), 'held', '{}', '{}', '{}', now(), "
      "now() FROM generate_series(1, 3); "
      "INSERT INTO stock_movements SELECT gen_random_uuid(), 0, gen_random_uuid(), gen_random_uuid(), 0, 1, 1, 1, "
      "'reserve', id, '', '', now() FROM reservations LIMIT 1");
  ASSERT_THAT(Migrate(options_), IsOk());
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM reservations WHERE keeper = 'peer'"), 2);
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM reservations r JOIN stock_movements m ON "
                                  "m.reservation_id = r.id WHERE r.keeper = 'self'"),
            1);
}

}  // namespace
}  // namespace logistics::storage
