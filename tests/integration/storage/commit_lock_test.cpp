// Numbers of commits are taken under a lock whose row never changes.
#include <gmock/gmock.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

constexpr char kRow[] = "SELECT ctid::text || xmin::text FROM commit_lock";
constexpr char kGaps[] = "SELECT max(number) - count(number) FROM commits";

class CommitLockTest : public StorageFixture {
 protected:
  CommitLockTest() : replica_(NewReplica()), product_(ProductWith(replica_->database(), 10'000)) {}
  absl::Status CreateOne() { return Create(replica_->database(), OrderOf(product_, 1)).status(); }
  // Of another writer, as a commit does, up to its end.
  static void TakeNumber(Session& other) {
    other.Begin();
    other.Script("SELECT 1 FROM commit_lock FOR UPDATE");
    other.Script("INSERT INTO commits SELECT gen_random_uuid(), value + 1, clock_timestamp() FROM change_counter");
  }

  std::unique_ptr<Replica> replica_;
  domain::ProductId product_;
};

// Under a long snapshot no dead version of a row goes: a row that each commit updates would be ever slower.
TEST_F(CommitLockTest, Commits_LeaveTheLockedRowAsItIs) {
  const std::string row = database_.Query(kRow)[0][0].c_str();
  for (int i = 0; i < 5; ++i) ASSERT_THAT(CreateOne(), IsOk());
  EXPECT_EQ(database_.Query(kRow)[0][0].c_str(), row);
}

TEST_F(CommitLockTest, WriterThatWaitedForTheLock_TakesTheNumberBehindTheCommitItWaitedFor) {
  const std::int64_t before = Number("SELECT value FROM change_counter");
  Session other(Options(), SessionUse::kQueries);
  TakeNumber(other);
  absl::Status status;
  std::jthread caller([&] { status = CreateOne(); });
  ASSERT_TRUE(Eventually([&] {
    return Number(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
               "AND query LIKE '%commit_lock%'") == 1;
  }));
  other.Script("COMMIT");
  caller.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(Number("SELECT value FROM change_counter"), before + 2);
  EXPECT_EQ(replica_->Count("batch_retries_total"), 0);
}

TEST_F(CommitLockTest, ReplicaOfTheReleaseBefore_TakesItsNumbersInTheSameOrder) {
  constexpr int kEach = 50;
  std::jthread before([&] {
    pqxx::connection connection(database_.url());
    for (int i = 0; i < kEach; ++i) {
      pqxx::work work(connection);
      const auto number =
          work.exec(
                  "WITH next AS (UPDATE change_counter SET value = value + 1 RETURNING value) INSERT INTO commits "
                  "(batch_id, number, committed_at) SELECT gen_random_uuid(), value, clock_timestamp() FROM next "
                  "RETURNING number")[0][0]
              .as<std::int64_t>();
      work.commit();
      EXPECT_GT(number, 0);
    }
  });
  for (int i = 0; i < kEach; ++i) EXPECT_THAT(CreateOne(), IsOk());
  before.join();
  EXPECT_EQ(Number(kGaps), 0);
  EXPECT_EQ(replica_->Count("batch_retries_total"), 0);
}

TEST_F(CommitLockTest, NumberThatWasRolledBack_IsGivenOutAgain) {
  const std::int64_t before = Number("SELECT value FROM change_counter");
  Session other(Options(), SessionUse::kQueries);
  TakeNumber(other);
  other.Rollback();
  ASSERT_THAT(CreateOne(), IsOk());
  EXPECT_EQ(Number("SELECT value FROM change_counter"), before + 1);
  EXPECT_EQ(Number(kGaps), 0);
}

}  // namespace
}  // namespace logistics::storage
