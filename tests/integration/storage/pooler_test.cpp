// Debian's PgBouncer in each of its modes, between us and Postgres.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "integration/storage/storage_fixture.hpp"
#include "storage/coordination/leases.hpp"
#include "storage/outbox/postgres_outbox.hpp"
#include "storage/postgres/pooler.hpp"
#include "storage/schema/migrator.hpp"
#include "support/loopback.hpp"
#include "support/process.hpp"

namespace logistics::storage {
namespace {

using fakes::StatusIs;

class PoolerTest : public StorageFixture {
 protected:
  // The options of a daemon that reaches the test's database by way of a pooler.
  DatabaseOptions Behind(const std::string& mode, int pool_size) {
    const support::Listener listener = support::ListenOnLoopback();
    ::close(listener.fd);
    port_ = listener.port;
    StartPooler(mode, pool_size);
    DatabaseOptions options = Options();
    options.connect_timeout = absl::Seconds(2);
    options.url =
        "postgres://engine@127.0.0.1:" + std::to_string(port_) + database_.url().substr(database_.url().rfind('/'));
    return options;
  }

  // In the pooler that runs, for the connections that it has. It clears a connection before another client gets it.
  void SwitchMode(const std::string& mode) {
    const std::string path = folder_.path() + "/pgbouncer.ini";
    ::chmod(folder_.path().c_str(), 0755);  // the pooler has given up the rights of root
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    std::string ini = text.str();
    const std::size_t begin = ini.find("pool_mode = ");
    ini.replace(begin, std::string::npos,
                "pool_mode = " + mode + "\ndefault_pool_size = 60\nserver_reset_query = DISCARD ALL\n" +
                    "server_reset_query_always = 1\n");
    folder_.Write("pgbouncer.ini", ini);
    pooler_->Signal(SIGHUP);
  }

  // Instead of the one that runs, on the same port.
  void StartPooler(const std::string& mode, int pool_size) {
    pooler_.reset();
    const std::string url = database_.url();
    const std::size_t user = url.find("://") + 3;
    const std::size_t password = url.find(':', user) + 1;
    const std::size_t host = url.rfind('@') + 1;
    const std::size_t port = url.find(':', host) + 1;
    const std::string name = url.substr(url.rfind('/') + 1);
    const std::string port_text = url.substr(port, url.find('/', port) - port);
    const std::string ini = folder_.Write(
        "pgbouncer.ini", "[databases]\n" + name + " = host=127.0.0.1 port=" + port_text +
                             " user=" + url.substr(user, password - 1 - user) +
                             " password=" + url.substr(password, host - 1 - password) +
                             "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " + std::to_string(port_) +
                             "\nunix_socket_dir =\nauth_type = any\npool_mode = " + mode +
                             "\ndefault_pool_size = " + std::to_string(pool_size) + "\nserver_reset_query =\n");
    std::vector<std::string> command = {"/usr/sbin/pgbouncer"};
    if (::geteuid() == 0) command.insert(command.end(), {"-u", "postgres"});
    command.push_back(ini);
    pooler_ = std::make_unique<support::Process>(support::Command{command, {}});
    EXPECT_TRUE(Eventually([&] {
      const int fd = support::ConnectTo("127.0.0.1", port_);
      if (fd >= 0) ::close(fd);
      return fd >= 0;
    })) << pooler_->Log();
  }

  support::TempFolder folder_;
  int port_ = 0;
  std::unique_ptr<support::Process> pooler_;
};

TEST_F(PoolerTest, Postgres_IsNoPooler) {
  Session session(Options(), SessionUse::kQueries);
  EXPECT_FALSE(IsBehindTransactionPooler(session, Options()));
  EXPECT_EQ(session.Script("SELECT 1")[0][0].as<int>(), 1);
}

TEST_F(PoolerTest, SessionMode_IsTaken) {
  const DatabaseOptions options = Behind("session", 2);
  Session session(options, SessionUse::kQueries);
  EXPECT_FALSE(IsBehindTransactionPooler(session, options));
}

TEST_F(PoolerTest, SessionModeWithOneConnection_HasNoRoomForASecondSession) {
  const DatabaseOptions options = Behind("session", 1);
  EXPECT_THAT(Migrate(options), StatusIs(absl::StatusCode::kUnavailable, testing::HasSubstr("no second session")));
}

TEST_F(PoolerTest, TransactionMode_IsRefusedAtTheStartSayingWhatToSet) {
  for (const int pool_size : {1, 2}) {
    SCOPED_TRACE(pool_size);
    EXPECT_THAT(Migrate(Behind("transaction", pool_size)),
                StatusIs(absl::StatusCode::kFailedPrecondition, testing::HasSubstr("pool_mode = session")));
  }
}

TEST_F(PoolerTest, StatementMode_IsRefusedAtTheStart) {
  for (const int pool_size : {1, 2}) {
    SCOPED_TRACE(pool_size);
    EXPECT_THAT(Migrate(Behind("statement", pool_size)), StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

// The pooler has two connections to Postgres that wait for work, as in daily use.
TEST_F(PoolerTest, TransactionModeWithConnectionsThatAreIdle_IsFoundOut) {
  const DatabaseOptions options = Behind("transaction", 4);
  {
    Session one(options, SessionUse::kQueries);
    Session two(options, SessionUse::kQueries);
    one.Begin();
    two.Begin();
  }
  for (int i = 0; i < 3; ++i) {
    Session session(options, SessionUse::kQueries);
    EXPECT_TRUE(IsBehindTransactionPooler(session, options));
  }
}

// The pooler came while the daemon ran, under the address that the daemon knows.
TEST_F(PoolerTest, PoolerAtAReconnect_IsNotReady) {
  for (const char* const mode : {"transaction", "statement"}) {
    SCOPED_TRACE(mode);
    DatabaseOptions options = Behind("session", 40);
    options.notify_poll = absl::Milliseconds(100);
    const auto replica = NewReplica(options);
    replica->database().Start();
    ASSERT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
    StartPooler(mode, 2);
    EXPECT_TRUE(replica->health().WaitFor(
        "postgres",
        [](const auto& entry) {
          return entry.state == ports::HealthState::kDown &&
                 entry.reason.find("pool_mode = session") != std::string::npos;
        },
        absl::Seconds(30)));
    StartPooler("session", 40);
    EXPECT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  }
}

// The mode of a running pooler is changed: connections stay, and each of our sessions loses its place at the server.
TEST_F(PoolerTest, PoolerThatTurnsIntoOne_IsNotReadyAndWritesSayTryAgain) {
  DatabaseOptions options = Behind("session", 60);
  options.notify_poll = absl::Milliseconds(100);
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 1'000'000);
  database.Start();
  ASSERT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  SwitchMode("transaction");
  const auto says_so = [](const auto& entry) {
    return entry.state == ports::HealthState::kDown && entry.reason.find("pool_mode = session") != std::string::npos;
  };
  EXPECT_TRUE(Eventually([&] {
    const auto made = database.orders().Create(OrderOf(product, 1), {"", "", absl::Now() + absl::Seconds(5)});
    EXPECT_TRUE(made.ok() || absl::IsUnavailable(made.status())) << made.status();
    return replica->health().WaitFor("postgres", says_so, absl::ZeroDuration());
  }));
  SwitchMode("session");
  EXPECT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  EXPECT_TRUE(Eventually([&] { return Create(database, OrderOf(product, 1)).ok(); }));
}

// A setting of a session would reach other clients through a pooler that resets nothing.
TEST_F(PoolerTest, RelaysCommitsDoNotWaitForTheDisk_AndItsSessionsSettingsStay) {
  Session session(Options(), SessionUse::kByKey);
  // Notes the setting as it is when a transaction commits.
  session.Script(
      "CREATE TABLE noted (setting text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO noted VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$; "
      "CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON leases DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION note(); "
      "CREATE CONSTRAINT TRIGGER note AFTER DELETE OR UPDATE ON outbox DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION note(); "
      "CREATE CONSTRAINT TRIGGER note AFTER INSERT ON outbox_quarantine DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION note()");
  const auto replica = NewReplica();
  const domain::ProductId product = ProductWith(replica->database(), 10);
  const auto settings = [&] {
    std::string all;
    for (const pqxx::row& row : session.Script("DELETE FROM noted RETURNING setting")) {
      all += std::string(row[0].c_str()) + " ";
    }
    return all;
  };
  PostgresOutbox relay(Options(), replica->id(), std::chrono::milliseconds(0));
  ASSERT_TRUE(*relay.AcquireLease(absl::Minutes(1)));
  EXPECT_EQ(settings(), "off ");
  auto page = relay.ReadAfter(*relay.StartPosition(), 100);
  ASSERT_THAT(page, fakes::IsOk());
  ASSERT_FALSE(page->messages.empty());
  EXPECT_THAT(relay.Quarantine({page->messages.front()}, "no route"), fakes::IsOk());
  EXPECT_THAT(settings(), testing::StartsWith("off "));
  ASSERT_THAT(Create(replica->database(), OrderOf(product, 1)), fakes::IsOk());
  page = relay.ReadAfter(page->position, 100);
  ASSERT_THAT(page, fakes::IsOk());
  ASSERT_GT(page->messages.size(), 1U);
  EXPECT_THAT(relay.DeleteConfirmed({page->messages.front()}, {}), fakes::IsOk());  // replaces the part
  EXPECT_EQ(settings(), "off ");
  EXPECT_THAT(relay.DeleteConfirmed({page->messages.begin() + 1, page->messages.end()}, {}), fakes::IsOk());
  EXPECT_EQ(settings(), "off ");
  EXPECT_THAT(relay.ReleaseLease(), fakes::IsOk());
  EXPECT_EQ(settings(), "off ");

  // On one session, as the relay does it.
  EXPECT_TRUE(AcquireLease(session, "another", replica->id(), absl::Minutes(1)));
  EXPECT_STREQ(session.Script("SHOW synchronous_commit")[0][0].c_str(), "on");
}

}  // namespace
}  // namespace logistics::storage
