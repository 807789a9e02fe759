#include "storage/postgres/database_url.hpp"

#include <gmock/gmock.h>

#include "fakes/status_matchers.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(CheckDatabaseUrl, AsPsqlTakesIt_IsRight) {
  for (const char* url : {"postgres://u:p?ss@host/db", "postgresql://h1:5432,h2:5433/db?target_session_attrs=any",
                          "postgres:///db?host=/tmp", "postgres://u:p#q@[::1]:5432/db", "postgres://%2Ftmp/db",
                          "postgres://h/db?sslmode=require&sslpassword=x", "postgres://h/db?ssl=true", "postgres://"}) {
    EXPECT_THAT(CheckDatabaseUrl(url), IsOk()) << url;
  }
}

TEST(CheckDatabaseUrl, Malformed_IsSaidWithoutThePassword) {
  for (const char* url : {"postgres://u:geheim", "postgres://u:geheim%zz@h/db", "postgres://u:geheim@[::1]x/db",
                          "postgres://u:p@geheim@h/db", "postgres://h/db?password=geheim%zz",
                          "postgres://h/db?ssl=geheim", "postgres://h/db?password=geheim=x"}) {
    EXPECT_THAT(CheckDatabaseUrl(url), StatusIs(absl::StatusCode::kInvalidArgument,
                                                AllOf(HasSubstr("database URL"), Not(HasSubstr("geheim")))))
        << url;
  }
  EXPECT_THAT(CheckDatabaseUrl("postgres://h/db?hearbeat=5"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hearbeat")));
}

}  // namespace
}  // namespace logistics::storage
