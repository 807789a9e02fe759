// SessionSlot::Attempt against a real server: how often work runs, and the state that a failure leaves behind.
#include <stdexcept>

#include "integration/storage/storage_fixture.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {
namespace {

using fakes::StatusIs;

class AttemptTest : public StorageFixture {
 protected:
  static int Backend(Session& session) { return session.Script("SELECT pg_backend_pid()")[0][0].as<int>(); }

  // Runs `work` and returns the failure; counts the runs in calls_ and keeps the last backend's number.
  std::optional<Failure> Attempt(Tries tries, const std::function<void(Session&)>& work) {
    calls_ = 0;
    return slot_.Attempt(tries, [&](Session& session) {
      ++calls_;
      backend_ = Backend(session);
      work(session);
    });
  }

  // What a session meets when Postgres ends it in the middle of the work.
  void LoseConnection(Session& session) {
    ASSERT_GT(database_.CutConnections(), 0);
    session.Script("SELECT 1");
  }

  SessionSlot slot_{Options(), SessionUse::kByKey};
  int calls_ = 0;
  int backend_ = 0;
};

TEST_F(AttemptTest, LostConnection_RunsOnceMoreOnANewSession) {
  int lost = 0;
  const auto failure = Attempt(Tries::kTwice, [&](Session& session) {
    if (calls_ > 1) return;
    lost = backend_;
    LoseConnection(session);
  });
  EXPECT_FALSE(failure.has_value()) << failure->text;
  EXPECT_EQ(calls_, 2);
  EXPECT_NE(backend_, lost);
}

TEST_F(AttemptTest, ConnectionLostAgain_IsUnavailableAfterTwoTries) {
  const auto failure = Attempt(Tries::kTwice, [&](Session& session) { LoseConnection(session); });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(calls_, 2);
  EXPECT_EQ(failure->kind, FailureKind::kConnection);
  EXPECT_THAT(failure->status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(slot_.open());
}

TEST_F(AttemptTest, WorkThatMayNotRunTwice_RunsOnceWhereTheConnectionIsLost) {
  const auto failure = Attempt(Tries::kOnce, [&](Session& session) { LoseConnection(session); });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(failure->kind, FailureKind::kConnection);
  EXPECT_FALSE(Attempt(Tries::kOnce, [](Session&) {}).has_value());
}

TEST_F(AttemptTest, PermanentFailure_RunsOnceAndIsInternal) {
  const auto ours = Attempt(Tries::kTwice, [](Session&) { throw std::runtime_error("no such state"); });
  ASSERT_TRUE(ours.has_value());
  EXPECT_EQ(calls_, 1);
  EXPECT_THAT(ours->status, StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(ours->text, "no such state");

  const auto servers = Attempt(Tries::kTwice, [](Session& session) { session.Script("SELECT no_such_column"); });
  ASSERT_TRUE(servers.has_value());
  EXPECT_EQ(calls_, 1);
  EXPECT_THAT(servers->status, StatusIs(absl::StatusCode::kInternal, testing::HasSubstr("SQLSTATE 42703")));
}

TEST_F(AttemptTest, FailureThatPasses_RunsOnceAndIsBusy) {
  const auto failure = Attempt(Tries::kTwice, [](Session& session) {
    session.Script("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$");
  });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(failure->kind, FailureKind::kTransient);
  EXPECT_TRUE(IsBusy(failure->status));
}

TEST_F(AttemptTest, FailureInATransaction_IsRolledBackAndTheSessionStays) {
  EXPECT_TRUE(Attempt(Tries::kTwice, [](Session& session) {
                session.Begin();
                session.Script("INSERT INTO engine_facts (name, value) VALUES ('attempt', 'made')");
                throw std::runtime_error("no");
              }).has_value());
  const int before = backend_;
  // Postgres refuses VACUUM inside a transaction.
  EXPECT_FALSE(Attempt(Tries::kOnce, [](Session& session) { session.Script("VACUUM engine_facts"); }).has_value());
  EXPECT_EQ(backend_, before);
  EXPECT_EQ(Number("SELECT count(*) FROM engine_facts WHERE name = 'attempt'"), 0);
}

TEST_F(AttemptTest, NoServer_IsUnavailableWithoutARun) {
  DatabaseOptions options = Options();
  options.url = "postgres://nobody@127.0.0.1:1/none";
  SessionSlot slot(options, SessionUse::kByKey);
  int calls = 0;
  const auto failure = slot.Attempt(Tries::kTwice, [&](Session&) { ++calls; });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(failure->kind, FailureKind::kConnection);
  EXPECT_THAT(failure->status, StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace logistics::storage
