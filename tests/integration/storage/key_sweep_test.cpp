#include "integration/storage/storage_fixture.hpp"
#include "storage/coordination/leased_task.hpp"
#include "storage/coordination/leases.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

class KeySweepTest : public StorageFixture {
 protected:
  void Age(const std::string& key, const std::string& interval) const {
    database_.Query("UPDATE idempotency_keys SET created_at = now() - interval '" + interval + "' WHERE key = '" + key +
                    "'");
  }
  std::int64_t Keys() const { return Number("SELECT count(*) FROM idempotency_keys"); }
};

TEST_F(KeySweepTest, KeysOlderThanTheTtl_GoAndYoungerStay) {
  DatabaseOptions options = Options();
  options.idempotency_ttl = absl::Hours(48);
  options.sweep_interval = absl::Milliseconds(50);
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 100);
  ASSERT_OK_AND_ASSIGN(const domain::Order old, Create(database, OrderOf(product, 1, "old")));
  ASSERT_OK_AND_ASSIGN(const domain::Order young, Create(database, OrderOf(product, 1, "young")));
  Age("old", "48 hours 1 minute");
  Age("young", "47 hours 59 minutes");
  database.Start();
  EXPECT_TRUE(Eventually([&] { return Keys() == 1; }));

  ASSERT_OK_AND_ASSIGN(const domain::Order again, Create(database, OrderOf(product, 1, "young")));
  EXPECT_EQ(again.id, young.id);
  ASSERT_OK_AND_ASSIGN(const domain::Order anew, Create(database, OrderOf(product, 1, "old")));
  EXPECT_NE(anew.id, old.id);
  ExpectConsistent();
}

TEST_F(KeySweepTest, MoreThanOneStatementsWorth_GoesToTheEnd) {
  database_.Query(
      "INSERT INTO idempotency_keys SELECT gen_random_uuid(), 'key ' || n, gen_random_uuid(), '\\x00', "
      "now() - CASE WHEN n <= 11000 THEN interval '3 days' ELSE interval '1 day' END FROM generate_series(1, 11100) n");
  Session session(Options(), SessionUse::kQueries);
  SweepIdempotencyKeys(session, absl::Hours(48));
  EXPECT_EQ(Keys(), 100);
  SweepIdempotencyKeys(session, absl::Hours(48));
  EXPECT_EQ(Keys(), 100);
}

// One replica at a time: who finds the lease taken leaves the work to its holder.
TEST_F(KeySweepTest, LeaseHeldByAnother_LeavesTheWorkToIt) {
  Session session(Options(), SessionUse::kQueries);
  const domain::Uuid other = ids_.NewId();
  ASSERT_TRUE(AcquireLease(session, "the task", other, absl::Minutes(5)));
  std::atomic<int> turns = 0;
  const LeasedTask task("the task", absl::Milliseconds(10), Options(), ids_.NewId(), [&](Session&) { ++turns; });
  const LeasedTask free("a free task", absl::Milliseconds(10), Options(), ids_.NewId(),
                        [&, passed = 0](Session&) mutable {
                          if (++passed == 5) ReleaseLease(session, "the task", other);
                          if (passed < 5) {
                            EXPECT_EQ(turns, 0);
                          }
                        });
  EXPECT_TRUE(Eventually([&] { return turns > 1; }));
}

TEST_F(KeySweepTest, WorkThatThrows_IsTriedAgain) {
  std::atomic<int> turns = 0;
  const LeasedTask task("the task", absl::Milliseconds(10), Options(), ids_.NewId(), [&](Session& session) {
    if (++turns < 3) session.Script("SELECT 1 / 0");
  });
  EXPECT_TRUE(Eventually([&] { return turns >= 4; }));
}

TEST_F(KeySweepTest, HandledMessages_AreKnownForTheirTtl) {
  DatabaseOptions options = Options();
  options.sweep_interval = absl::Milliseconds(50);
  options.inbox_done_ttl = absl::Hours(24);
  database_.Query(
      "INSERT INTO inbox_done (consumer, message_id, done_at) SELECT 'payments', 'message ' || n, now() - CASE n WHEN "
      "1 "
      "THEN interval '24 hours 1 minute' ELSE interval '23 hours 59 minutes' END FROM generate_series(1, 2) n");
  const auto replica = NewReplica(options);
  replica->database().Start();
  EXPECT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM inbox_done") < 2; }));
  EXPECT_EQ(Number("SELECT count(*) FROM inbox_done WHERE message_id = 'message 2'"), 1);
}

TEST_F(KeySweepTest, RequestIdsOfAdjustments_AreKnownForADay) {
  DatabaseOptions options = Options();
  options.sweep_interval = absl::Milliseconds(50);
  const auto replica = NewReplica(options);
  const domain::ProductId product = ProductWith(replica->database(), 1);
  const auto adjust = [&](const std::string& request_id) {
    return replica->database().stock().Adjust({{product, warehouse_}, 10, "", "", request_id}, {});
  };
  for (const char* id : {"old", "young"}) ASSERT_THAT(adjust(id), IsOk());
  database_.Query(
      "UPDATE adjustment_requests SET created_at = now() - CASE request_id WHEN 'old' THEN "
      "interval '24 hours 1 minute' ELSE interval '23 hours 59 minutes' END");
  replica->database().Start();
  EXPECT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM adjustment_requests") == 1; }));
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow again, adjust("young"));
  EXPECT_EQ(again.level.quantity, 21);
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow anew, adjust("old"));
  EXPECT_EQ(anew.level.quantity, 31);
}

}  // namespace
}  // namespace logistics::storage
