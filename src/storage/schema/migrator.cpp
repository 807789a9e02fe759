#include "storage/schema/migrator.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/postgres/pooler.hpp"
#include "storage/postgres/session_slot.hpp"
#include "storage/schema/concurrent_migration.hpp"
#include "storage/schema/database_check.hpp"
#include "storage/schema/migration_lock.hpp"
#include "storage/schema/migrations.hpp"
#include "storage/schema/rights.hpp"

namespace logistics::storage {
namespace {

constexpr std::string_view kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL "
    "DEFAULT now())";

constexpr absl::Duration kLockTimeout = absl::Milliseconds(500);

constexpr char kAsOwner[] =
    "; `logistics-engine migrate` runs as the owner of the tables, and docs/deploy.md has the grants of both roles";

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
  if (failure->sqlstate == "42501") {
    return absl::FailedPreconditionError(absl::StrCat("the role of database.url (DATABASE_URL) lacks a right: ",
                                                      absl::StripAsciiWhitespace(failure->text), kAsOwner));
  }
  return failure->status;
}

// The migrations of this binary that the schema lacks.
std::vector<EmbeddedMigration> MissingMigrations(Session& session) {
  absl::flat_hash_set<std::string> known;
  if (!session.ExecuteOnce("SELECT to_regclass('schema_migrations')")[0][0].is_null()) {
    for (const pqxx::row& row : session.ExecuteOnce("SELECT name FROM schema_migrations")) known.insert(row[0].c_str());
  }
  std::vector<EmbeddedMigration> missing;
  for (const EmbeddedMigration& migration : EmbeddedMigrations()) {
    if (!known.contains(std::string(migration.name))) missing.push_back(migration);
  }
  return missing;
}

absl::Status CheckMayCreate(Session& session, const DatabaseOptions& options,
                            const std::vector<EmbeddedMigration>& missing) {
  const pqxx::row row =
      session.ExecuteOnce("SELECT has_schema_privilege($1, 'CREATE'), current_user", Params().Add(options.schema))[0];
  if (row[0].as<bool>()) return absl::OkStatus();
  const auto name_of = [](std::string* out, const EmbeddedMigration& migration) { out->append(migration.name); };
  return absl::FailedPreconditionError(absl::StrCat("the schema ", options.schema, " lacks migrations (",
                                                    absl::StrJoin(missing, ", ", name_of), "), and the role ",
                                                    row[1].c_str(), " lacks CREATE on it", kAsOwner));
}

bool Apply(Session& session, const DatabaseOptions& options, const EmbeddedMigration& migration,
           const std::function<bool()>* cancelled) {
  if (IsConcurrent(migration)) return ApplyConcurrently(options, migration, cancelled);
  session.Begin();
  LockMigrations(session, options.lock_timeout);
  const Params name = Params().Add(std::string(migration.name));
  if (!session.ExecuteOnce("SELECT 1 FROM schema_migrations WHERE name = $1", name).empty()) {
    session.Script("COMMIT");
    return false;
  }
  // A migration may rewrite a large table, so its time has no limit; its waits for locks have a short one, because
  // whoever comes after it waits behind it, and a dump holds its locks for an hour.
  session.Script(absl::StrCat("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ",
                              absl::ToInt64Milliseconds(std::min(options.lock_timeout, kLockTimeout))));
  session.LimitWaits(absl::InfiniteDuration());
  session.Script(std::string(migration.sql));
  session.ExecuteOnce("INSERT INTO schema_migrations (name) VALUES ($1)", name);
  session.Script("COMMIT");
  return true;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Migrate(const DatabaseOptions& options,
                                                 const std::function<bool()>* cancelled) {
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
    const std::vector<EmbeddedMigration> missing = MissingMigrations(session);
    if (missing.empty()) return;
    fit = CheckMayCreate(session, options, missing);
    if (!fit.ok()) return;
    session.Begin();
    LockMigrations(session, options.lock_timeout);
    session.Script(std::string(kCreateTable));
    session.Script("COMMIT");
    for (const EmbeddedMigration& migration : missing) {
      if (Apply(session, options, migration, cancelled)) applied.emplace_back(migration.name);
    }
  });
  if (!status.ok()) return status;
  if (!fit.ok()) return fit;
  return applied;
}

absl::Status CheckRights(const DatabaseOptions& options) {
  std::string lacks;
  const absl::Status status = OnSession(options, [&](Session& session) {
    try {
      RequireRights(session, options.schema);
    } catch (const MissingRightsError& error) {
      lacks = error.what();
    }
  });
  return lacks.empty() ? status : absl::FailedPreconditionError(lacks);
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
