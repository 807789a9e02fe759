// The owner migrates, and a role with the rights of docs/deploy.md serves.
#include <fstream>
#include <sstream>

#include "absl/strings/str_replace.h"
#include "integration/storage/storage_fixture.hpp"
#include "storage/schema/migrations.hpp"
#include "storage/schema/migrator.hpp"
#include "support/postgres_role.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// The statements of docs/deploy.md between the two lines that name them.
std::string GrantsOfTheDocument() {
  std::ifstream file(std::string(LOGISTICS_SOURCE_DIR) + "/docs/deploy.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const std::string first = "    REVOKE CREATE";
  const std::size_t begin = all.find(first);
  return all.substr(begin, all.find("\n\n", begin) - begin);
}

class RightsTest : public testing::Test {
 protected:
  // The database as the document makes it, but for the names.
  RightsTest() : owner_(database_, "owner"), serve_(database_, "serve") {
    owner_.Sql("GRANT CREATE, USAGE ON SCHEMA public TO ROLE_");
    owner_options_.url = owner_.url();
    serve_options_.url = serve_.url();
    serve_options_.notify_poll = absl::Milliseconds(50);
  }
  void Grant() const {
    owner_.Sql(absl::StrReplaceAll(GrantsOfTheDocument(),
                                   {{"logistics_owner", owner_.name()}, {"logistics_serve", serve_.name()}}));
  }

  test::TestDatabase database_;
  test::TestRole owner_;
  test::TestRole serve_;
  DatabaseOptions owner_options_;
  DatabaseOptions serve_options_;
};

// Works as the role that serves.
class ServingRoleTest : public StorageFixture {
 protected:
  ServingRoleTest() : serve_(database_, "serving") {
    const std::string owner = database_.Query("SELECT current_user")[0][0].c_str();
    serve_.Sql(
        absl::StrReplaceAll(GrantsOfTheDocument(), {{"logistics_owner", owner}, {"logistics_serve", serve_.name()}}));
  }
  DatabaseOptions AsServe() const {
    DatabaseOptions options = Options();
    options.url = serve_.url();
    options.notify_poll = absl::Milliseconds(50);
    options.sweep_interval = absl::Milliseconds(50);
    options.idempotency_ttl = absl::ZeroDuration();
    return options;
  }
  test::TestRole serve_;
};

TEST_F(RightsTest, GrantsOfTheDocument_SufficeAlsoForTablesOfALaterRelease) {
  Grant();
  ASSERT_THAT(Migrate(owner_options_), IsOk());  // the tables come after the grants
  EXPECT_THAT(Migrate(serve_options_), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(CheckRights(serve_options_), IsOk());
}

TEST_F(RightsTest, GrantsAfterTheTables_SufficeToo) {
  ASSERT_THAT(Migrate(owner_options_), IsOk());
  Grant();
  EXPECT_THAT(Migrate(serve_options_), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(CheckRights(serve_options_), IsOk());
}

TEST_F(RightsTest, RightThatIsMissing_IsNamedWithItsTable) {
  ASSERT_THAT(Migrate(owner_options_), IsOk());
  Grant();
  serve_.Sql("REVOKE UPDATE, DELETE ON leases FROM ROLE_; REVOKE INSERT ON stock_movements FROM ROLE_");
  EXPECT_THAT(CheckRights(serve_options_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(serve_.name()), HasSubstr("UPDATE on leases, DELETE on leases"),
                             HasSubstr("INSERT on stock_movements"), HasSubstr("docs/deploy.md"))));
  serve_.Sql("REVOKE SELECT ON schema_migrations FROM ROLE_");
  EXPECT_THAT(Migrate(serve_options_), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                HasSubstr("permission denied for table schema_migrations")));
}

// A later release dropped it; what needs the table fails by itself.
TEST_F(RightsTest, TableThatIsGone_HidesNoMissingRight) {
  ASSERT_THAT(Migrate(owner_options_), IsOk());
  Grant();
  owner_.Sql("ALTER TABLE restocks_refused RENAME TO restocks_gone");
  EXPECT_THAT(CheckRights(serve_options_), IsOk());
  serve_.Sql("REVOKE UPDATE ON leases FROM ROLE_");
  EXPECT_THAT(CheckRights(serve_options_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("UPDATE on leases")));
}

TEST_F(RightsTest, ServingRoleOnASchemaThatLacksMigrations_NamesThemAndWhoMayMakeThem) {
  Grant();
  const auto refused = [&](const std::string& migration) {
    EXPECT_THAT(Migrate(serve_options_),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr(migration), HasSubstr(serve_.name() + " lacks CREATE"),
                               HasSubstr("logistics-engine migrate"))));
  };
  refused(std::string(EmbeddedMigrations().front().name));
  ASSERT_THAT(Migrate(owner_options_), IsOk());
  const std::string alters_tables = "0011_reservations_and_restocks";
  database_.Query("DELETE FROM schema_migrations WHERE name = '" + alters_tables + "'");
  refused(alters_tables);
  // With CREATE the tables are still another's.
  serve_.Sql("GRANT CREATE ON SCHEMA public TO ROLE_; GRANT INSERT ON schema_migrations TO ROLE_");
  EXPECT_THAT(Migrate(serve_options_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("must be owner"), HasSubstr("logistics-engine migrate"))));
}

TEST_F(ServingRoleTest, ReplicaWithTheseRights_DoesAllItsWork) {
  ASSERT_THAT(CheckRights(AsServe()), IsOk());
  const auto replica = NewReplica(AsServe());
  Database& database = replica->database();
  database.Start();
  ASSERT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  const domain::ProductId product = ProductWith(database, 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(database, OrderOf(product, 2, "key")));
  EXPECT_THAT(database.orders().ChangeStatus({order.id, domain::OrderStatus::kCancelled, "", "", std::nullopt}, {}),
              IsOk());
  EXPECT_THAT(database.orders().Get(order.id, {}), IsOk());
  EXPECT_THAT(database.orders().List({}, {}), IsOk());
  EXPECT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM idempotency_keys") == 0; }));
  const auto relay = database.NewOutbox();
  ASSERT_THAT(relay->AcquireLease(absl::Minutes(1)), IsOkAndHolds(true));
  const auto page = relay->ReadAfter({}, 100);
  ASSERT_THAT(page, IsOk());
  ASSERT_GT(page->messages.size(), 1U);
  EXPECT_THAT(relay->Quarantine({page->messages.front()}, "full"), IsOk());
  EXPECT_THAT(relay->DeleteConfirmed({page->messages.begin() + 1, page->messages.end()}, page->position), IsOk());
  EXPECT_THAT(relay->ReleaseLease(), IsOk());
  EXPECT_THAT(
      database.routed_keys().Store({{domain::EventStream::kOrder, "order.created", absl::ZeroDuration(), {}}}, {}),
      IsOk());
  EXPECT_EQ(replica->health().Last("postgres")->state, ports::HealthState::kUp);
}

}  // namespace
}  // namespace logistics::storage
