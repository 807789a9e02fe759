// Where a write waits for another, its outcome and its time are those of the end of the wait.
#include <thread>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

class CommitTimeTest : public StorageFixture {
 protected:
  CommitTimeTest() {
    DatabaseOptions options = Options();
    options.lock_timeout = options.batch_lock_timeout = absl::Seconds(8);  // the waits of this test are meant
    replica_ = NewReplica(options);
    product_ = ProductWith(replica_->database(), 100);
  }
  // Until a session waits for a lock.
  bool SomebodyWaits() const {
    return Eventually([&] {
      return Number(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = "
                 "'Lock'") == 1;
    });
  }
  static std::int64_t Micros(pqxx::work& work, const std::string& time) {
    return work.exec("SELECT (extract(epoch from " + time + ") * 1000000)::bigint")[0][0].as<std::int64_t>();
  }

  std::unique_ptr<Replica> replica_;
  domain::ProductId product_;
};

// Resume tokens and retention go by that time.
TEST_F(CommitTimeTest, CommittedAt_IsTheTimeOfTheCommitAndNotOfTheBegin) {
  pqxx::connection connection(database_.url());
  pqxx::work lock(connection);
  lock.exec("SELECT 1 FROM commit_lock FOR UPDATE");
  const std::int64_t begin = Micros(lock, "now()");
  std::jthread writer([&] { EXPECT_THAT(Create(replica_->database(), OrderOf(product_, 1)), IsOk()); });
  ASSERT_TRUE(SomebodyWaits());
  const std::int64_t freed = Micros(lock, "clock_timestamp()");
  lock.commit();
  writer.join();
  const std::int64_t committed =
      Number("SELECT (extract(epoch from committed_at) * 1000000)::bigint FROM commits ORDER BY number DESC LIMIT 1");
  EXPECT_GE(committed, freed);
  EXPECT_LT(begin, freed);
}

// An order is read under its lock: a change that comes while another is under way sees that one, and nothing is decided
// twice.
TEST_F(CommitTimeTest, ChangeDuringAnother_SeesItAtTheFirstTry) {
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(replica_->database(), OrderOf(product_, 1)));
  pqxx::connection connection(database_.url());
  pqxx::work other(connection);
  other.exec("UPDATE orders SET status = 'processing', version = 2 WHERE id = '" + order.id.ToString() + "'");
  absl::StatusOr<domain::Order> changed;
  std::jthread writer([&] {
    changed =
        replica_->database().orders().ChangeStatus({order.id, domain::OrderStatus::kShipped, "", "", std::nullopt}, {});
  });
  ASSERT_TRUE(SomebodyWaits());
  other.commit();
  writer.join();
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(changed->version, 3);
  EXPECT_EQ(replica_->Count("batch_retries_total"), 0);
  EXPECT_EQ(replica_->Count("batches_taken_apart_total"), 0);
  EXPECT_EQ(Number("SELECT count(*) FROM order_status_history WHERE version = 3 AND previous_status = 'processing'"),
            1);
}

// Two replicas change one order again and again: each change waits for the other's.
TEST_F(CommitTimeTest, ChangesOfOneOrderFromTwoReplicas_RunOnceAsARule) {
  const auto second = NewReplica();
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(replica_->database(), OrderOf(product_, 1)));
    std::atomic<int> moved = 0;
    AtOnce(2, [&](int i) {
      Database& database = (i == 0 ? *replica_ : *second).database();
      const auto status = i == 0 ? domain::OrderStatus::kProcessing : domain::OrderStatus::kCancelled;
      const auto result = database.orders().ChangeStatus({order.id, status, "", "", std::nullopt}, {});
      EXPECT_TRUE(result.ok() || absl::IsFailedPrecondition(result.status())) << result.status();
      moved += result.ok() ? 1 : 0;
    });
    EXPECT_GE(moved, 1);
  }
  // A wait for the other's row, its limit or a deadlock may make one run again now and then.
  EXPECT_LT(replica_->Count("batch_retries_total") + second->Count("batch_retries_total"), kRounds / 2);
  ExpectConsistent();
}

}  // namespace
}  // namespace logistics::storage
