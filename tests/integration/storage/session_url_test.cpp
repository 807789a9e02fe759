// A database's URL reaches libpq as psql would read it.
#include "absl/cleanup/cleanup.h"
#include "integration/storage/storage_fixture.hpp"
#include "logistics/base/url.hpp"

namespace logistics::storage {
namespace {

class SessionUrlTest : public StorageFixture {};

TEST_F(SessionUrlTest, PasswordWithAQuestionMark_ConnectsWithOurParameters) {
  const absl::StatusOr<base::Url> url = base::ParseUrl(Options().url);
  ASSERT_TRUE(url.ok());
  const std::string name = url->path.value_or("");
  const std::string role = "role_of_" + name;
  database_.Query("CREATE ROLE " + role + " LOGIN PASSWORD 'p?ss'");
  const absl::Cleanup dropped = [&] { database_.Query("DROP ROLE " + role); };
  const std::string host = url->hosts.front().name + ":" + std::to_string(url->hosts.front().port.value_or(5432));
  for (const char* query : {"", "?", "?connect_timeout=7"}) {
    DatabaseOptions options = Options();
    options.url = "postgres://" + role + ":p?ss@" + host + "/" + name + query;
    Session session(options, SessionUse::kByKey);
    EXPECT_EQ(session.Script("SHOW application_name")[0][0].as<std::string>(), "logistics-engine");
  }
}

}  // namespace
}  // namespace logistics::storage
