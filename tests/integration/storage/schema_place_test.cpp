// Our tables are in the schema that the settings name, whatever the search path of role, database or URL says.
#include "integration/storage/storage_fixture.hpp"
#include "storage/outbox/postgres_outbox.hpp"
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

enum class Path { kOwnName, kRole, kDatabase, kUrl };

// A migrated database, and a role of its own that may do in it what it likes.
class SchemaPlaceTest : public StorageFixture {
 protected:
  SchemaPlaceTest() : role_(database_, "place") {
    role_.Sql("GRANT ALL ON SCHEMA public TO ROLE_");
    role_.Sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO ROLE_");
  }
  // A schema that the search path of the role's sessions finds first from now on. Its name.
  std::string FindFirst(Path path, DatabaseOptions& options) const {
    const std::string schema = path == Path::kOwnName ? role_.name() : "elsewhere";
    role_.Sql("CREATE SCHEMA " + schema + " AUTHORIZATION ROLE_");
    if (path == Path::kRole) role_.Sql("ALTER ROLE ROLE_ SET search_path = " + schema + ", public");
    if (path == Path::kDatabase) {
      role_.Sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = " + schema +
                ", public', current_database()); END $$");
    }
    if (path == Path::kUrl) options.url += "?options=-csearch_path%3D" + schema + ",public";
    return schema;
  }
  DatabaseOptions AsRole() const {
    DatabaseOptions options = Options();
    options.url = role_.url();
    options.notify_poll = absl::Milliseconds(50);
    return options;
  }
  std::int64_t TablesIn(const std::string& schema) const {
    return Number("SELECT count(*) FROM pg_tables WHERE schemaname = '" + schema + "'");
  }
  // As before the first start.
  void EmptyPublic() const {
    role_.Sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO ROLE_");
  }

  test::TestRole role_;
};

class SearchPathTest : public SchemaPlaceTest, public testing::WithParamInterface<Path> {};

TEST_P(SearchPathTest, EmptySchemaInFrontOfOurs_HidesNothing) {
  DatabaseOptions options = AsRole();
  const auto before = NewReplica(options);
  const domain::ProductId product = ProductWith(before->database(), 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(before->database(), OrderOf(product, 1)));
  const std::string schema = FindFirst(GetParam(), options);
  role_.Cut();

  EXPECT_THAT(before->database().orders().Get(order.id, {}), IsOk());
  EXPECT_THAT(Migrate(options), IsOkAndHolds(IsEmpty()));
  const auto after = NewReplica(options);
  after->database().Start();
  EXPECT_TRUE(after->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  EXPECT_THAT(after->database().orders().Get(order.id, {}), IsOk());
  EXPECT_THAT(Create(after->database(), OrderOf(product, 1)), IsOk());
  PostgresOutbox relay(options, after->id());
  EXPECT_THAT(relay.AcquireLease(absl::Minutes(1)), IsOkAndHolds(true));
  EXPECT_EQ(TablesIn(schema), 0);
  EXPECT_EQ(Orders(), 2);
}

// An earlier release followed the search path.
TEST_P(SearchPathTest, TablesOfAnEarlierReleaseElsewhere_AreNamedAndNothingIsMigrated) {
  DatabaseOptions options = AsRole();
  const std::string schema = FindFirst(GetParam(), options);
  EmptyPublic();
  DatabaseOptions there = options;
  there.schema = schema;
  ASSERT_THAT(Migrate(there), IsOk());
  const auto before = NewReplica(there);
  const domain::ProductId product = ProductWith(before->database(), 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(before->database(), OrderOf(product, 1)));

  const auto names_it = StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("database.schema: " + schema));
  EXPECT_THAT(Migrate(options), names_it);
  EXPECT_THAT(RenewIdentity(options), names_it);
  EXPECT_EQ(TablesIn("public"), 0);

  EXPECT_THAT(Migrate(there), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(NewReplica(there)->database().orders().Get(order.id, {}), IsOk());
}

// Both have tables: the ones that an earlier release used are not left silently.
TEST_P(SearchPathTest, TablesInBoth_AreForTheOperatorToChoose) {
  DatabaseOptions options = AsRole();
  const std::string schema = FindFirst(GetParam(), options);
  DatabaseOptions there = options;
  there.schema = schema;
  there.url = AsRole().url;
  role_.Sql("ALTER ROLE ROLE_ SET search_path = " + schema);
  ASSERT_THAT(Migrate(there), IsOk());
  if (GetParam() == Path::kOwnName || GetParam() == Path::kDatabase) role_.Sql("ALTER ROLE ROLE_ RESET search_path");
  EXPECT_THAT(Migrate(options), StatusIs(absl::StatusCode::kFailedPrecondition,
                                         AllOf(HasSubstr("database.schema: " + schema), HasSubstr("public"))));
  EXPECT_THAT(Migrate(there), IsOkAndHolds(IsEmpty()));
  role_.Sql("ALTER ROLE ROLE_ SET search_path = public");
  DatabaseOptions chosen = AsRole();
  EXPECT_THAT(Migrate(chosen), IsOkAndHolds(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Paths, SearchPathTest,
                         testing::Values(Path::kOwnName, Path::kRole, Path::kDatabase, Path::kUrl));

TEST_F(SchemaPlaceTest, SchemaOfAnyName_HoldsEverything) {
  EmptyPublic();
  const std::string schema = "Shop's \"first\" one";
  role_.Sql("CREATE SCHEMA \"Shop's \"\"first\"\" one\" AUTHORIZATION ROLE_");
  role_.Sql("ALTER ROLE ROLE_ SET search_path = ''");
  DatabaseOptions options = AsRole();
  options.schema = schema;
  ASSERT_THAT(Migrate(options), IsOk());
  ASSERT_THAT(CheckRights(options), IsOk());
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  database.Start();
  EXPECT_TRUE(replica->health().WaitForState("postgres", ports::HealthState::kUp, absl::Seconds(30)));
  const domain::ProductId product = ProductWith(database, 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(database, OrderOf(product, 1)));
  EXPECT_THAT(database.orders().List({}, {}), IsOk());
  const auto relay = database.NewOutbox();
  ASSERT_THAT(relay->AcquireLease(absl::Minutes(1)), IsOkAndHolds(true));
  EXPECT_FALSE(relay->ReadAfter({}, 10)->messages.empty());
  EXPECT_EQ(TablesIn("public"), 0);
}

TEST_F(SchemaPlaceTest, SchemaThatIsNotThere_IsNotMade) {
  DatabaseOptions options = AsRole();
  options.schema = "publik";
  EXPECT_THAT(Migrate(options),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("there is no schema publik"), HasSubstr("database.schema: public"))));
  EmptyPublic();
  EXPECT_THAT(Migrate(options), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("CREATE SCHEMA \"publik\"")));
}

TEST_F(SchemaPlaceTest, SchemaThatTheRoleMayNotUse_IsNamed) {
  role_.Sql("REVOKE ALL ON SCHEMA public FROM ROLE_, PUBLIC");
  EXPECT_THAT(Migrate(AsRole()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("lacks USAGE on schema public")));
}

}  // namespace
}  // namespace logistics::storage
