#include "storage/schema/migrator.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/postgres/pooler.hpp"
#include "storage/postgres/session_slot.hpp"
#include "storage/schema/database_check.hpp"
#include "storage/schema/migrations.hpp"

namespace logistics::storage {
namespace {

// An arbitrary key: "logistic" in ASCII. Transaction-level, so that neither a pooler nor a crash keeps the lock.
constexpr std::string_view kLock = "SELECT pg_advisory_xact_lock(7813574959580703075)";

constexpr std::string_view kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL "
    "DEFAULT now())";

// Texts of libpq and of the server where waiting does not help: the address is wrong, or the server refuses us. libpqxx
// gives no SQLSTATE for them. With any other text the start tries again.
bool IsRefusal(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kRefusals = {"authentication failed", "no password supplied",
                                                                "does not exist", "no pg_hba.conf entry", "invalid "};
  return std::any_of(kRefusals.begin(), kRefusals.end(),
                     [text](std::string_view refusal) { return text.find(refusal) != std::string_view::npos; });
}

// libpq names host, port and reason, once for each address; never the password.
absl::Status NoConnection(const std::string& words) {
  const std::string text(absl::StripAsciiWhitespace(words));
  if (IsRefusal(text)) return absl::FailedPreconditionError(absl::StrCat("database.url (DATABASE_URL): ", text));
  return absl::UnavailableError(absl::StrCat("the database is unavailable: ", text));
}

absl::Status OnSession(const DatabaseOptions& options, const std::function<void(Session&)>& work) {
  const std::optional<Failure> failure = SessionSlot(options, SessionUse::kQueries).Attempt(Tries::kOnce, work);
  if (!failure) return absl::OkStatus();
  if (failure->kind == FailureKind::kConnection) return NoConnection(failure->text);
  spdlog::debug("schema work failed: {}", failure->text);
  return failure->status;
}

bool Apply(Session& session, const EmbeddedMigration& migration) {
  session.Begin();
  session.Script(std::string(kLock));
  const Params name = Params().Add(std::string(migration.name));
  if (!session.ExecuteOnce("SELECT 1 FROM schema_migrations WHERE name = $1", name).empty()) {
    session.Script("COMMIT");
    return false;
  }
  // A migration may rewrite a large table, so its time has no limit; its waits for locks have one.
  session.Script("SET LOCAL statement_timeout = 0");
  session.LimitWaits(absl::InfiniteDuration());
  session.Script(std::string(migration.sql));
  session.ExecuteOnce("INSERT INTO schema_migrations (name) VALUES ($1)", name);
  session.Script("COMMIT");
  return true;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Migrate(const DatabaseOptions& options) {
  std::vector<std::string> applied;
  bool pooled = false;
  const absl::Status pooler =
      OnSession(options, [&](Session& session) { pooled = IsBehindTransactionPooler(session, options); });
  if (!pooler.ok()) return pooler;
  if (pooled) return absl::FailedPreconditionError(absl::StrCat("database.url (DATABASE_URL): ", kPoolerRefusal));
  absl::Status fit;
  const absl::Status status = OnSession(options, [&](Session& session) {
    fit = CheckDatabase(session, options);
    if (!fit.ok()) return;
    session.Begin();
    session.Script(std::string(kLock));
    session.Script(std::string(kCreateTable));
    session.Script("COMMIT");
    for (const EmbeddedMigration& migration : EmbeddedMigrations()) {
      if (Apply(session, migration)) applied.emplace_back(migration.name);
    }
  });
  if (!status.ok()) return status;
  if (!fit.ok()) return fit;
  return applied;
}

absl::StatusOr<std::string> RenewIdentity(const DatabaseOptions& options) {
  std::string identity;
  absl::Status fit;
  const absl::Status status = OnSession(options, [&](Session& session) {
    identity.clear();
    fit = CheckDatabase(session, options);
    if (!fit.ok()) return;
    if (session.ExecuteOnce("SELECT to_regclass('engine_facts') IS NULL")[0][0].as<bool>()) return;
    identity = session
                   .ExecuteOnce(
                       "INSERT INTO engine_facts (name, value) VALUES ('database_id', gen_random_uuid()::text) "
                       "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value RETURNING value")[0][0]
                   .as<std::string>();
  });
  if (!status.ok()) return status;
  if (!fit.ok()) return fit;
  if (identity.empty()) {
    return absl::FailedPreconditionError("this database has no schema of logistics-engine: restore the backup first");
  }
  return identity;
}

}  // namespace logistics::storage
