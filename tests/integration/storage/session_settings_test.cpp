// Sessions carry the settings that the statements rest on, whatever server, database, role and URL say.
#include "absl/cleanup/cleanup.h"
#include "integration/storage/storage_fixture.hpp"
#include "storage/outbox/postgres_outbox.hpp"
#include "storage/schema/migrator.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::HasSubstr;

class SessionSettingsTest : public StorageFixture {
 protected:
  // For sessions that begin from now on.
  void SetDefault(const std::string& setting, const std::string& value) const {
    database_.Query("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET " + setting + " = %L', current_database(), '" +
                    value + "'); END $$");
  }
};

TEST_F(SessionSettingsTest, CommitsWaitForTheDiskAtLeast) {
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"off", "on"}, {"local", "on"}, {"remote_write", "on"}, {"on", "on"}, {"remote_apply", "remote_apply"}};
  for (const auto& [usual, ours] : expected) {
    SCOPED_TRACE(usual);
    SetDefault("synchronous_commit", usual);
    for (const SessionUse use : {SessionUse::kByKey, SessionUse::kQueries}) {
      Session session(Options(), use);
      const auto row = session.Script("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'")[0];
      EXPECT_EQ(row[0].as<std::string>(), ours);
      EXPECT_STREQ(row[1].c_str(), "session") << "a reload of the server's configuration would change it";
    }
    EXPECT_THAT(Migrate(Options()), IsOk());
  }
}

TEST_F(SessionSettingsTest, HostileDefaults_ChangeNothing) {
  for (const auto& [setting, value] :
       std::vector<std::pair<std::string, std::string>>{{"client_encoding", "LATIN1"},
                                                        {"default_transaction_isolation", "serializable"},
                                                        {"default_transaction_deferrable", "on"},
                                                        {"DateStyle", "German, DMY"},
                                                        {"IntervalStyle", "iso_8601"},
                                                        {"timezone", "Asia/Kathmandu"},
                                                        {"bytea_output", "escape"},
                                                        {"array_nulls", "off"},
                                                        {"standard_conforming_strings", "off"},
                                                        {"transform_null_equals", "on"},
                                                        {"lc_numeric", "C"},
                                                        {"extra_float_digits", "-15"}}) {
    SetDefault(setting, value);
  }
  for (const std::string limit : {"idle_session_timeout", "transaction_timeout"}) {
    // The server may be too old to have it.
    if (Number("SELECT count(*) FROM pg_settings WHERE name = '" + limit + "'") == 0) continue;
    SetDefault(limit, "5s");
    Session session(Options(), SessionUse::kByKey);
    EXPECT_EQ(session.Script("SHOW " + limit)[0][0].as<std::string>(), "0");
  }
  DatabaseOptions options = Options();
  options.url += "?client_encoding=LATIN1";
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  database.Start();
  ASSERT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  const domain::ProductId product = ProductWith(database, 100);
  const std::string notes = "é€😀 \\ ' {NULL} \"";
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(database, OrderOf(product, 1, "key", notes)));
  ASSERT_OK_AND_ASSIGN(const domain::Order again, Create(database, OrderOf(product, 1, "key", notes)));
  EXPECT_EQ(again.id, order.id);
  ASSERT_OK_AND_ASSIGN(const domain::Order read, database.orders().Get(order.id, {}));
  EXPECT_EQ(read.notes, notes);
  EXPECT_EQ(read.created_at, order.created_at);
  ASSERT_THAT(database.orders().ChangeStatus({order.id, domain::OrderStatus::kProcessing, notes, "", std::nullopt}, {}),
              IsOk());
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, database.orders().List({}, {}));
  ASSERT_EQ(page.orders.size(), 1U);
  EXPECT_EQ(page.orders[0].notes, notes);
  const auto relay = database.NewOutbox();
  ASSERT_THAT(relay->AcquireLease(absl::Minutes(1)), IsOkAndHolds(true));
  EXPECT_FALSE(relay->ReadAfter({}, 100)->messages.empty());
  ExpectConsistent();
}

// A database of another encoding; there is no template of it, so that the locale says nothing about characters.
TEST_F(SessionSettingsTest, DatabaseThatIsNotUtf8_IsRefusedByName) {
  for (const std::string encoding : {"LATIN1", "EUC_JP", "SQL_ASCII"}) {
    SCOPED_TRACE(encoding);
    const std::string name = database_.url().substr(database_.url().rfind('/') + 1) + "_other";
    database_.Query("CREATE DATABASE " + name + " TEMPLATE template0 LOCALE 'C' ENCODING '" + encoding + "'");
    const absl::Cleanup dropped = [&] { database_.Query("DROP DATABASE " + name + " WITH (FORCE)"); };
    DatabaseOptions options = Options();
    options.url += "_other";
    EXPECT_THAT(Migrate(options), StatusIs(absl::StatusCode::kFailedPrecondition,
                                           testing::AllOf(HasSubstr(encoding), HasSubstr("ENCODING 'UTF8'"))));
  }
}

}  // namespace
}  // namespace logistics::storage
