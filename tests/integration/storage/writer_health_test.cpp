// A replica is ready while its commits can succeed, which a statement that writes nothing does not show.
#include <algorithm>
#include <stop_token>
#include <thread>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using ports::HealthState;

constexpr absl::Duration kSeenWithin = absl::Seconds(30);

class WriterHealthTest : public StorageFixture {
 protected:
  std::unique_ptr<Replica> Started(absl::Duration lock_timeout) {
    DatabaseOptions options = Options();
    options.lock_timeout = lock_timeout;
    options.batch_lock_timeout = absl::Milliseconds(200);
    auto replica = NewReplica(options);
    replica->database().Start();
    EXPECT_TRUE(replica->health().WaitForState("postgres", HealthState::kUp, kSeenWithin));
    return replica;
  }
  static bool WasDown(Replica& replica, std::size_t since) {
    const auto entries = replica.health().Entries();
    return std::any_of(entries.begin() + static_cast<std::ptrdiff_t>(since), entries.end(),
                       [](const auto& entry) { return entry.state != HealthState::kUp; });
  }
  // Sessions whose probe waits for the counter.
  std::int64_t ProbesThatWait() const {
    return Number(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND "
        "query = 'SELECT 1 FROM commit_lock FOR UPDATE'");
  }
};

TEST_F(WriterHealthTest, CounterThatSomebodyLocks_IsDownUntilItIsFree) {
  const auto replica = Started(absl::Milliseconds(500));
  const domain::ProductId product = ProductWith(replica->database(), 10);
  Session other(Options(), SessionUse::kQueries);
  other.Begin();
  other.Script("SELECT 1 FROM commit_lock FOR UPDATE");
  EXPECT_FALSE(Create(replica->database(), OrderOf(product, 1)).ok());
  EXPECT_TRUE(replica->health().WaitFor(
      "postgres",
      [](const auto& entry) { return entry.state == HealthState::kDown && entry.reason.starts_with("writers: "); },
      kSeenWithin));
  // Nor is it up between the probes.
  const std::size_t down = replica->health().Entries().size();
  for (int probe = 0; probe < 2; ++probe) {
    EXPECT_TRUE(Eventually([&] { return ProbesThatWait() > 0; }));
    EXPECT_TRUE(Eventually([&] { return ProbesThatWait() == 0; }));
  }
  const auto entries = replica->health().Entries();
  for (std::size_t i = down; i < entries.size(); ++i) EXPECT_NE(entries[i].state, HealthState::kUp);
  other.Rollback();
  EXPECT_TRUE(replica->health().WaitForState("postgres", HealthState::kUp, kSeenWithin));
  EXPECT_THAT(Create(replica->database(), OrderOf(product, 1)), IsOk());
  ExpectConsistent();
}

// Others commit all the time: that this replica's wait for the counter ends in vain is no failure of its own.
TEST_F(WriterHealthTest, CounterThatIsBusy_IsNoFailure) {
  const auto replica = Started(absl::Milliseconds(1500));
  const domain::ProductId product = ProductWith(replica->database(), 100);
  const std::size_t up = replica->health().Entries().size();
  Session holder(Options(), SessionUse::kQueries);
  holder.Begin();
  holder.Script("SELECT 1 FROM commit_lock FOR UPDATE");
  // The last commit stays a recent one.
  std::jthread others([this](const std::stop_token& stop) {
    Session session(Options(), SessionUse::kQueries);
    while (!stop.stop_requested()) {
      session.Script(
          "UPDATE commits SET committed_at = clock_timestamp() WHERE number = (SELECT value FROM change_counter)");
    }
  });
  // Until Postgres ends the holder, which is idle in its transaction.
  EXPECT_THAT(Create(replica->database(), OrderOf(product, 1)), IsOk());
  EXPECT_GE(replica->Count("batch_retries_total"), 1);
  EXPECT_FALSE(WasDown(*replica, up));
}

// What the server says of a query that needs too much is no word on the next; a commit always needs room.
TEST_F(WriterHealthTest, LackOfRoom_FailsThoseWhoCommit) {
  fakes::RecordingHealth reports;
  SessionHealth health(reports);
  SessionSlot reader(Options(), SessionUse::kQueries, {&health, "readers"});
  SessionSlot writer(Options(), SessionUse::kByKey, {&health, "writers", SessionHealth::Weight::kNeeded, true});
  health.Start();
  const auto raise = [](SessionSlot& slot, const std::string& code) {
    return slot.Attempt(Tries::kOnce, [&](Session& session) {
      session.Script("DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '" + code + "'; END $$");
    });
  };
  reader.Works();
  writer.Works();
  for (const std::string code : {"53100", "53200", "53400"}) {
    SCOPED_TRACE(code);
    EXPECT_TRUE(raise(reader, code).has_value());
    EXPECT_EQ(reports.Last("postgres")->state, HealthState::kUp);
    EXPECT_TRUE(raise(writer, code).has_value());
    EXPECT_EQ(reports.Last("postgres")->state, HealthState::kDown);
    // A read of the writer proves nothing.
    EXPECT_FALSE(writer.Attempt(Tries::kOnce, [](Session& session) { session.Script("SELECT 1"); }).has_value());
    EXPECT_EQ(reports.Last("postgres")->reason, "writers: ERROR:  no room");
    writer.Works();
    EXPECT_EQ(reports.Last("postgres")->state, HealthState::kUp);
  }
}

}  // namespace
}  // namespace logistics::storage
