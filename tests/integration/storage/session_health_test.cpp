// "postgres" is up while every part of a replica gets the sessions that its work needs; each that does not is named.
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "integration/storage/storage_fixture.hpp"
#include "storage/schema/migrator.hpp"
#include "storage/sessions_needed.hpp"
#include "support/loopback.hpp"
#include "support/postgres_role.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using ports::HealthState;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kNoticedWithin = absl::Seconds(30);
// The last statement of idle sessions, by part.
constexpr char kOfWriters[] = "SELECT 1 FROM commit_lock";
constexpr char kOfReaders[] = "SELECT value FROM change_counter";
constexpr char kNotifiers[] =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND starts_with(query, 'NOTIFY')";

// A replica whose role is no superuser: limits do not count for those.
class SessionHealthTest : public StorageFixture {
 protected:
  SessionHealthTest() : role_(database_, "health") { role_.Sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO ROLE_"); }
  void Start() {
    DatabaseOptions options = Options();
    options.url = role_.url();
    options.notify_poll = absl::Milliseconds(50);
    replica_ = NewReplica(options);
    relay_ = replica_->database().NewOutbox();
    replica_->database().Start();
  }
  bool Is(HealthState state, const std::string& text = "") const {
    return replica_->health().WaitFor(
        "postgres",
        [&](const auto& entry) { return entry.state == state && entry.reason.find(text) != std::string::npos; },
        kNoticedWithin);
  }
  std::string Reason() const { return replica_->health().Last("postgres")->reason; }
  std::int64_t Sessions() const {
    return Number("SELECT count(*) FROM pg_stat_activity WHERE usename = '" + role_.name() + "'");
  }

  test::TestRole role_;
  std::unique_ptr<Replica> replica_;
  std::unique_ptr<ports::Outbox> relay_;
};

TEST_F(SessionHealthTest, IdleReplica_HasAllItsSessionsOpen) {
  Start();
  ASSERT_TRUE(Is(HealthState::kUp));
  int open = 0;
  for (const SessionNeed& need : SessionsNeeded(Options())) open += need.for_a_moment ? 0 : need.sessions;
  // The notifier opens at the first commit, the relay at its first look.
  ProductWith(replica_->database(), 1);
  ASSERT_THAT(relay_->AcquireLease(absl::Minutes(1)), IsOk());
  EXPECT_TRUE(Eventually([&] { return Sessions() == open; })) << Sessions() << " of " << open;
}

TEST_F(SessionHealthTest, WritersWithoutSessions_AreNamedUntilTheyHaveThem) {
  Start();
  ASSERT_TRUE(Is(HealthState::kUp));
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT 1");
  role_.Cut(kOfWriters);
  EXPECT_TRUE(Is(HealthState::kDown, "writers: ")) << Reason();
  EXPECT_THAT(Reason(), HasSubstr("too many connections"));
  EXPECT_THAT(Reason(), Not(HasSubstr("listener")));
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT -1");
  EXPECT_TRUE(Is(HealthState::kUp)) << Reason();
}

TEST_F(SessionHealthTest, ReadersWithoutSessions_AreNamed) {
  Start();
  ASSERT_TRUE(Is(HealthState::kUp));
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT 1");
  role_.Cut(kOfReaders);
  EXPECT_TRUE(Is(HealthState::kDown, "background readers, list readers, readers: ")) << Reason();
  EXPECT_THAT(Reason(), Not(HasSubstr("writers")));
}

TEST_F(SessionHealthTest, LimitThatNeverSufficed_IsDownFromTheStart) {
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT 6");
  Start();
  EXPECT_TRUE(Is(HealthState::kDown, "too many connections")) << Reason();
  EXPECT_FALSE(replica_->health().WaitForState("postgres", HealthState::kUp, absl::ZeroDuration()));
}

TEST_F(SessionHealthTest, RelayWithoutASession_IsNamedAndWritesGoOn) {
  Start();
  const domain::ProductId product = ProductWith(replica_->database(), 10);
  ASSERT_TRUE(Is(HealthState::kUp));
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT 1");
  EXPECT_FALSE(relay_->AcquireLease(absl::Minutes(1)).ok());
  EXPECT_TRUE(Is(HealthState::kDegraded, "relay: ")) << Reason();
  EXPECT_THAT(Create(replica_->database(), OrderOf(product, 1)), IsOk());
}

TEST_F(SessionHealthTest, NotifierWithoutASession_NotifiesOnceItHasOne) {
  Start();
  ASSERT_TRUE(Is(HealthState::kUp));
  ProductWith(replica_->database(), 1);
  ASSERT_TRUE(Eventually([&] { return Number(kNotifiers) == 1; }));
  Session listener(Options(), SessionUse::kQueries);
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT 1");
  role_.Cut("NOTIFY");
  ASSERT_TRUE(Eventually([&] { return Number(kNotifiers) == 0; }));
  listener.Script("LISTEN logistics_changes");
  ProductWith(replica_->database(), 1);
  EXPECT_TRUE(Is(HealthState::kDegraded, "notifier: ")) << Reason();
  role_.Sql("ALTER ROLE ROLE_ CONNECTION LIMIT -1");
  EXPECT_TRUE(Is(HealthState::kUp)) << Reason();
  EXPECT_TRUE(Eventually([&] { return listener.AwaitNotification(absl::Seconds(1)); }));
}

// For sessions that begin from now on: those that are open live on.
TEST_F(SessionHealthTest, ReadOnlyDefault_IsNamedByThoseWhoMeetIt) {
  Start();
  ASSERT_TRUE(Is(HealthState::kUp));
  role_.Sql("ALTER ROLE ROLE_ SET default_transaction_read_only = on");
  role_.Cut(kOfWriters);
  EXPECT_TRUE(Is(HealthState::kDown, "writers: ")) << Reason();
  EXPECT_THAT(Reason(), Not(HasSubstr("listener")));
  role_.Sql("ALTER ROLE ROLE_ RESET default_transaction_read_only");
  EXPECT_TRUE(Is(HealthState::kUp)) << Reason();
}

// An URL that asks for any server gets sessions that cannot write.
TEST_F(SessionHealthTest, ReadOnlyDefaultWithAnyServer_IsDown) {
  role_.Sql("ALTER ROLE ROLE_ SET default_transaction_read_only = on");
  DatabaseOptions options = Options();
  options.url = role_.url() + "?target_session_attrs=any";
  replica_ = NewReplica(options);
  replica_->database().Start();
  EXPECT_TRUE(Is(HealthState::kDown, "writers")) << Reason();
}

TEST_F(SessionHealthTest, RightThatIsTaken_IsNamedUntilItIsBack) {
  Start();
  const domain::ProductId product = ProductWith(replica_->database(), 10);
  ASSERT_TRUE(Is(HealthState::kUp));
  role_.Sql("REVOKE INSERT ON order_items FROM ROLE_");
  EXPECT_FALSE(Create(replica_->database(), OrderOf(product, 1)).ok());
  EXPECT_TRUE(Is(HealthState::kDown, "INSERT on order_items")) << Reason();
  role_.Sql("GRANT INSERT ON order_items TO ROLE_");
  EXPECT_TRUE(Is(HealthState::kUp)) << Reason();
  EXPECT_THAT(Create(replica_->database(), OrderOf(product, 1)), IsOk());
}

// Each host of a URL takes up to its connect_timeout, and libpq asks one after the other.
TEST_F(SessionHealthTest, FirstHostThatNeverAnswers_DelaysTheStartAndNoMore) {
  const support::Listener silent = support::ListenOnLoopback();
  const absl::Cleanup closed = [&] { ::close(silent.fd); };
  DatabaseOptions options = Options();
  options.url = role_.url();
  options.url.insert(options.url.rfind('@') + 1, absl::StrCat("127.0.0.1:", silent.port, ","));
  options.url += "?connect_timeout=6";
  options.readers = options.background_readers = options.list_readers = options.writers = 1;
  replica_ = NewReplica(options);
  replica_->database().Start();
  EXPECT_TRUE(replica_->health().WaitForState("postgres", HealthState::kUp, absl::Seconds(90))) << Reason();
}

// The session that such a call opened is there for the next.
TEST_F(SessionHealthTest, ConnectThatTakesLongerThanTheCall_LeavesItsSession) {
  const support::Listener silent = support::ListenOnLoopback();
  const absl::Cleanup closed = [&] { ::close(silent.fd); };
  DatabaseOptions options = Options();
  options.url.insert(options.url.rfind('@') + 1, absl::StrCat("127.0.0.1:", silent.port, ","));
  options.url += "?connect_timeout=2";
  SessionSlot slot(options, SessionUse::kByKey);
  const auto late = slot.Attempt(
      Tries::kTwice, [](Session& session) { session.Script("SELECT 1"); }, absl::Now() + absl::Seconds(1));
  ASSERT_TRUE(late.has_value());
  EXPECT_THAT(late->status, fakes::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(slot.open());
  EXPECT_FALSE(slot.Attempt(Tries::kOnce, [](Session& session) { session.Script("SELECT 1"); }).has_value());
}

}  // namespace
}  // namespace logistics::storage
