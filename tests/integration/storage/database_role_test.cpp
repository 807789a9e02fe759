// After a failover an address may lead to a server that accepts no writes: it is no database, until one does.
#include "integration/storage/storage_fixture.hpp"
#include "logistics/domain/errors.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ports::HealthState;

constexpr absl::Duration kHealsWithin = absl::Seconds(30);

class DatabaseRoleTest : public StorageFixture {
 protected:
  // For sessions that begin from now on, as those at a standby would find it.
  void SetReadOnly(bool read_only) const {
    pqxx::connection connection(database_.url());
    pqxx::nontransaction work(connection);
    work.exec("SET default_transaction_read_only = off");
    work.exec(std::string("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ") +
              (read_only ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only") +
              "', current_database()); END $$");
  }
  static ports::CallContext Soon() { return {"correlation", "", absl::Now() + absl::Seconds(2)}; }
  static void ExpectTryLater(const absl::Status& status) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_TRUE(domain::RetryAfterOf(status).has_value()) << status;
  }
};

TEST_F(DatabaseRoleTest, ServerWithoutWrites_IsUnavailableAndHealsByItselfWhenItHasThem) {
  DatabaseOptions options = Options();
  options.notify_poll = absl::Milliseconds(100);
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  database.Start();
  const domain::ProductId product = ProductWith(database, 100);
  const auto order = Create(database, OrderOf(product, 1));
  ASSERT_THAT(order, IsOk());

  SetReadOnly(true);
  database_.CutConnections();
  EXPECT_TRUE(replica->health().WaitForState("postgres", HealthState::kDown, kHealsWithin));
  ExpectTryLater(database.orders().Create(OrderOf(product, 1), Soon()).status());
  ExpectTryLater(database.orders().Get(order->id, Soon()).status());
  ExpectTryLater(database.orders().List({}, Soon()).status());
  EXPECT_EQ(replica->health().Last("postgres")->state, HealthState::kDown);

  SetReadOnly(false);  // and nobody cuts what is connected
  EXPECT_TRUE(replica->health().WaitForState("postgres", HealthState::kUp, kHealsWithin));
  EXPECT_TRUE(Eventually([&] { return Create(database, OrderOf(product, 1)).ok(); }));
  EXPECT_THAT(database.orders().List({}, Soon()), IsOk());
}

// A fenced primary, say: its sessions live on.
TEST_F(DatabaseRoleTest, ServerThatTurnsReadOnly_IsFoundOutBySessionsThatOnlyRead) {
  SessionSlot slot(Options(), SessionUse::kQueries);
  const auto turn =
      slot.Attempt(Tries::kOnce, [](Session& session) { session.Script("SET default_transaction_read_only = on"); });
  ASSERT_FALSE(turn.has_value());
  std::optional<Failure> failure;
  EXPECT_TRUE(Eventually([&] {
    failure = slot.Attempt(Tries::kOnce, [](Session& session) { session.Script("SELECT 1"); });
    return failure.has_value();
  }));
  EXPECT_EQ(failure->kind, FailureKind::kConnection);
  EXPECT_FALSE(slot.open());
}

TEST_F(DatabaseRoleTest, FailureThatSaysTheServerCannotServe_DropsTheSession) {
  for (const char* const sqlstate : {"25006", "55000", "57P01", "57P02", "57P03", "08006"}) {
    SCOPED_TRACE(sqlstate);
    SessionSlot slot(Options(), SessionUse::kByKey);
    const auto failure = slot.Attempt(Tries::kOnce, [&](Session& session) {
      session.Script(std::string("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '") + sqlstate + "'; END $$");
    });
    ASSERT_TRUE(failure.has_value());
    ExpectTryLater(failure->status);
    EXPECT_FALSE(slot.open());
  }
}

}  // namespace
}  // namespace logistics::storage
