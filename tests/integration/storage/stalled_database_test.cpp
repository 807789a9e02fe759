// A server that hangs acknowledges every byte and answers none.
#include <thread>

#include "integration/storage/storage_fixture.hpp"
#include "storage/postgres/session_slot.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using ports::HealthState;
using support::TcpProxy;

constexpr absl::Duration kPatience = absl::Seconds(30);

class StalledDatabaseTest : public StorageFixture {
 protected:
  static int PortOf(const std::string& url) { return std::stoi(url.substr(url.find(':', url.rfind('@')) + 1)); }

  DatabaseOptions ThroughProxy() const {
    DatabaseOptions options = Options();
    const std::size_t host = options.url.rfind('@') + 1;
    options.url = options.url.substr(0, host) + "127.0.0.1:" + std::to_string(proxy_.port()) +
                  options.url.substr(options.url.find('/', host));
    options.notify_poll = absl::Milliseconds(200);
    return options;
  }

  TcpProxy proxy_{"127.0.0.1", PortOf(database_.url())};
};

TEST_F(StalledDatabaseTest, ServerThatHangs_IsDownWithinTenSecondsAndCallersKeepTheirDeadlines) {
  const auto replica = NewReplica(ThroughProxy());
  Database& database = replica->database();
  database.Start();
  const domain::ProductId product = ProductWith(database, 100);
  const auto order = Create(database, OrderOf(product, 1));
  ASSERT_THAT(order, IsOk());
  ASSERT_THAT(database.orders().List({}, {}), IsOk());
  ASSERT_TRUE(replica->health().WaitForState("postgres", HealthState::kUp, kPatience));

  proxy_.SetMode(TcpProxy::Mode::kStall);
  const absl::Time stalled = absl::Now();
  const std::vector<std::function<absl::Status(const ports::CallContext&)>> calls = {
      [&](const auto& context) { return database.orders().List({}, context).status(); },
      [&](const auto& context) { return database.orders().Get(order->id, context).status(); },
      [&](const auto& context) { return database.orders().Create(OrderOf(product, 1), context).status(); },
      [&](const auto& context) { return database.stock().GetProduct(product, context).status(); },
      [&](const auto& context) { return database.stock().Levels({}, {}, context).status(); },
  };
  // Twice: on sessions that are there, and on those that would be made.
  for (int round = 0; round < 2; ++round) {
    AtOnce(static_cast<int>(calls.size()), [&](int i) {
      const absl::Time deadline = absl::Now() + absl::Seconds(2);
      EXPECT_FALSE(calls[static_cast<std::size_t>(i)]({"correlation", "", deadline}).ok());
      EXPECT_LT(absl::Now(), deadline + absl::Seconds(1)) << "call " << i << ", round " << round;
    });
  }
  EXPECT_TRUE(
      replica->health().WaitForState("postgres", HealthState::kDown, stalled + absl::Seconds(10) - absl::Now()));

  proxy_.SetMode(TcpProxy::Mode::kForward);
  EXPECT_TRUE(replica->health().WaitForState("postgres", HealthState::kUp, kPatience));
  EXPECT_TRUE(Eventually([&] { return Create(database, OrderOf(product, 1)).ok(); }));
  EXPECT_TRUE(Eventually([&] { return database.orders().List({}, {}).ok(); }));
  ExpectConsistent();
}

// Ten sessions of readers, each asked for up to five seconds, would make a pass longer than a stop may take.
TEST_F(StalledDatabaseTest, StopWhileTheServerHangs_WaitsForOneSessionAndAllAreNamed) {
  const auto replica = NewReplica(ThroughProxy());
  replica->database().Start();
  const auto is = [&](HealthState state, const std::string& text, absl::Duration patience) {
    return replica->health().WaitFor(
        "postgres",
        [&](const auto& entry) { return entry.state == state && entry.reason.find(text) != std::string::npos; },
        patience);
  };
  ASSERT_TRUE(is(HealthState::kUp, "", kPatience));
  proxy_.SetMode(TcpProxy::Mode::kStall);
  ASSERT_TRUE(is(HealthState::kDown, "background readers, ", kPatience));
  EXPECT_TRUE(is(HealthState::kDown, "list readers", absl::Seconds(5)));
  const absl::Time stopped = absl::Now();
  replica->Stop();
  EXPECT_LT(absl::Now() - stopped, absl::Seconds(20));
}

// Relay, sweepers and writers have no caller.
TEST_F(StalledDatabaseTest, WaitWithoutADeadline_EndsPastTheStatementsLimit) {
  DatabaseOptions options = ThroughProxy();
  options.statement_timeout = absl::Milliseconds(100);
  SessionSlot slot(options, SessionUse::kByKey);
  ASSERT_FALSE(slot.Attempt(Tries::kOnce, [](Session&) {}).has_value());
  proxy_.SetMode(TcpProxy::Mode::kStall);
  const absl::Time start = absl::Now();
  const auto failure = slot.Attempt(Tries::kOnce, [](Session& session) { session.Script("SELECT 1"); });
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::kConnection);
  EXPECT_LT(absl::Now() - start, absl::Seconds(8));
  EXPECT_FALSE(slot.open());
}

// The server keeps to the caller's deadline by itself: its session stays.
TEST_F(StalledDatabaseTest, SlowReadOfACaller_IsCancelledAtTheDeadline) {
  SessionPool pool(Options(), 1);
  const auto backend = [&] {
    return pool.Read(absl::InfiniteFuture(),
                     [](Session& session) { return session.Script("SELECT pg_backend_pid()")[0][0].as<int>(); });
  };
  const auto before = backend();
  const absl::Time deadline = absl::Now() + absl::Milliseconds(300);
  const absl::Status late = pool.Read(deadline, [](Session& session) { session.Script("SELECT pg_sleep(5)"); });
  EXPECT_THAT(late, fakes::StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_LT(absl::Now() - deadline, absl::Seconds(1));
  EXPECT_EQ(*backend(), *before);
}

}  // namespace
}  // namespace logistics::storage
