// The relay's read stays a walk by number, whatever the statistics say.
#include "integration/storage/storage_fixture.hpp"
#include "storage/rows/outbox_rows.hpp"

namespace logistics::storage {
namespace {

constexpr int kWaiting = 400'000;
constexpr int kPageCommits = 500;
// A page by number touches its commits and their parts; the table has far more pages than that.
constexpr int kBuffersMax = 6'000;

class OutboxPlanTest : public StorageFixture {
 protected:
  OutboxPlanTest() {
    NewReplica();                // the schema
    database_.Query("ANALYZE");  // of empty tables, and never again
    for (const char* const table : {"commits", "outbox", "outbox_quarantine"}) {
      database_.Query(std::string("ALTER TABLE ") + table + " SET (autovacuum_enabled = off)");
    }
  }
  void Fill(const std::string& events_of) {
    database_.Query(
        "INSERT INTO commits (batch_id, number, committed_at) SELECT ('00000000-0000-0000-0000-' || "
        "lpad(n::text, 12, '0'))::uuid, n, now() FROM generate_series(1, " +
        std::to_string(kWaiting) + ") n");
    database_.Query("INSERT INTO outbox (batch_id, part, events) SELECT batch_id, 0, '\\x01' FROM commits WHERE " +
                    events_of);
  }
  // Buffers that one more read of a page touches, in a session whose plan is made already.
  std::int64_t BuffersOfAPage(Session& session, std::int64_t number) {
    const auto hits = [&] {
      return session.ExecuteOnce("SELECT pg_stat_force_next_flush()"),
             session
                 .ExecuteOnce(
                     "SELECT sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint "
                     "FROM pg_statio_user_tables WHERE relname IN ('commits', 'outbox')")[0][0]
                 .as<std::int64_t>();
    };
    const std::int64_t before = hits();
    const PartRows page = ReadParts(session, {number, ports::OutboxPosition::kEndOfCommit}, -1, kPageCommits);
    EXPECT_EQ(page.commits, kPageCommits);
    return hits() - before;
  }
};

TEST_F(OutboxPlanTest, StatisticsOfAnEmptyTable_ReadOnePage) {
  Session session(Options(), SessionUse::kByKey);
  ReadParts(session, {}, -1, kPageCommits);  // the plan is made while the tables are empty
  Fill("true");
  for (const std::int64_t number : {0, 200'000, 399'000}) {
    EXPECT_LT(BuffersOfAPage(session, number), kBuffersMax) << "behind commit " << number;
  }
}

TEST_F(OutboxPlanTest, CommitsWithoutEvents_CostNothingToStepOver) {
  Session session(Options(), SessionUse::kByKey);
  ReadParts(session, {}, -1, kPageCommits);
  Fill("number % 1000 = 0");
  EXPECT_LT(BuffersOfAPage(session, 100'000), kBuffersMax);
}

}  // namespace
}  // namespace logistics::storage
