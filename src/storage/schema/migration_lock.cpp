#include "storage/schema/migration_lock.hpp"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace logistics::storage {
namespace {

// An arbitrary key: "logistic" in ASCII. Both kinds of lock exclude each other.
constexpr char kOfTransaction[] = "SELECT pg_try_advisory_xact_lock(7813574959580703075)";
constexpr char kOfSession[] = "SELECT pg_try_advisory_lock(7813574959580703075)";
constexpr absl::Duration kBetweenTries = absl::Milliseconds(50);

void Await(Session& session, const char* lock, absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  while (!session.Script(lock)[0][0].as<bool>()) {
    if (absl::Now() >= until) throw pqxx::sql_error("another replica migrates the schema", lock, "55P03");
    absl::SleepFor(kBetweenTries);
  }
}

}  // namespace

void LockMigrations(Session& session, absl::Duration timeout) { Await(session, kOfTransaction, timeout); }

void LockMigrationsOfSession(Session& session, absl::Duration timeout, absl::Duration idle_max) {
  session.Script(absl::StrCat("SET idle_session_timeout = ", absl::ToInt64Milliseconds(idle_max)));
  Await(session, kOfSession, timeout);
}

}  // namespace logistics::storage
