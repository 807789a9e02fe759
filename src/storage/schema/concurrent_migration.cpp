#include "storage/schema/concurrent_migration.hpp"

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/schema/migration_lock.hpp"

namespace logistics::storage {
namespace {

constexpr char kIsApplied[] = "SELECT 1 FROM schema_migrations WHERE name = $1";
constexpr char kIsValid[] = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";

// A build and its waits for other transactions may take hours.
DatabaseOptions WithoutLimits(DatabaseOptions options) {
  options.statement_timeout = absl::ZeroDuration();
  options.lock_timeout = absl::ZeroDuration();
  return options;
}

// Without comments, which may have semicolons.
std::vector<std::string> Statements(std::string_view sql) {
  std::string text;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(std::string(sql), '\n'))) {
    if (!line.starts_with("--")) absl::StrAppend(&text, line, "\n");
  }
  std::vector<std::string> statements;
  for (std::string& statement : std::vector<std::string>(absl::StrSplit(text, ';'))) {
    absl::StripAsciiWhitespace(&statement);
    if (!statement.empty()) statements.push_back(std::move(statement));
  }
  return statements;
}

// The index that the statement makes; empty: it makes none.
std::string IndexMadeBy(const std::string& statement) {
  const std::vector<std::string> words = absl::StrSplit(statement, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  const std::size_t place = words.size() > 1 && words[1] == "UNIQUE" ? 2 : 1;
  if (words.size() < place + 3 || words[0] != "CREATE" || words[place] != "INDEX") return "";
  return words[place + 2];
}

void Run(Session& session, const std::string& statement) {
  if (const std::string index = IndexMadeBy(statement); !index.empty()) {
    if (const pqxx::result found = session.ExecuteOnce(kIsValid, Params().Add(index)); !found.empty()) {
      if (found[0][0].as<bool>()) return;
      spdlog::warn("index {} was not finished, and is built again", index);
      session.Script(absl::StrCat("DROP INDEX CONCURRENTLY ", index));
    }
    spdlog::info("building index {}; writers go on meanwhile", index);
  }
  session.Script(statement);
}

}  // namespace

bool IsConcurrent(const EmbeddedMigration& migration) {
  for (const std::string& statement : Statements(migration.sql)) {
    if (statement.find("INDEX CONCURRENTLY ") != std::string::npos) return true;
  }
  return false;
}

bool ApplyConcurrently(const DatabaseOptions& options, const EmbeddedMigration& migration,
                       const std::function<bool()>* cancelled) {
  Session session(WithoutLimits(options), SessionUse::kQueries);
  session.LimitWaits(absl::InfiniteDuration());
  session.StopWhen(cancelled);
  LockMigrationsOfSession(session, options.lock_timeout, options.idle_in_transaction_timeout);
  const Params name = Params().Add(std::string(migration.name));
  if (!session.ExecuteOnce(kIsApplied, name).empty()) return false;
  for (const std::string& statement : Statements(migration.sql)) Run(session, statement);
  session.ExecuteOnce("INSERT INTO schema_migrations (name) VALUES ($1)", name);
  return true;
}

}  // namespace logistics::storage
