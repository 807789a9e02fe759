#include "storage/schema/database_check.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace logistics::storage {
namespace {

// Schemas with our tables, by two names that no other program has together.
#define LOGISTICS_HAS_OUR_TABLES                                                                          \
  "(SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname IN ('schema_migrations', " \
  "'change_counter')) = 2"

constexpr char kFacts[] =
    "SELECT current_setting('server_encoding'), current_setting('synchronous_commit'), "
    "(SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'), current_setting('fsync'), "
    "current_database(), current_user";
// The search path as it would be without ours.
constexpr char kOnDefaultPath[] =
    "SELECT n.nspname FROM unnest(current_schemas(false)) WITH ORDINALITY AS s(name, place) "
    "JOIN pg_namespace n ON n.nspname = s.name WHERE " LOGISTICS_HAS_OUR_TABLES " ORDER BY s.place";
constexpr char kEverywhere[] =
    "SELECT n.nspname FROM pg_namespace n WHERE " LOGISTICS_HAS_OUR_TABLES " ORDER BY n.nspname";
constexpr char kSchema[] = "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1::name";
constexpr char kDefaultSchema[] = "public";

std::vector<std::string> Names(const pqxx::result& rows) {
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const pqxx::row& row : rows) names.emplace_back(row[0].c_str());
  return names;
}

std::vector<std::string> OnDefaultPath(Session& session) {
  session.Begin();
  session.Script("SET LOCAL search_path TO DEFAULT");
  std::vector<std::string> names = Names(session.Script(kOnDefaultPath));
  session.Script("COMMIT");
  return names;
}

// Each ends with what to set: the one name that is right can be copied.
std::string UseInstead(const std::vector<std::string>& schemas) {
  if (schemas.empty()) return "";
  return absl::StrCat("; tables of logistics-engine are in ", absl::StrJoin(schemas, ", "),
                      ": set database.schema: ", schemas.front());
}

absl::Status CheckPlace(Session& session, const DatabaseOptions& options, const std::string& role) {
  const std::vector<std::string> everywhere = Names(session.Script(kEverywhere));
  const std::vector<std::string> on_path = OnDefaultPath(session);
  const std::string& schema = options.schema;
  const pqxx::result found = session.ExecuteOnce(kSchema, Params().Add(schema));
  if (found.empty()) {
    const std::vector<std::string>& known = on_path.empty() ? everywhere : on_path;
    return absl::FailedPreconditionError(absl::StrCat(
        "database.schema: there is no schema ", schema, " in this database",
        known.empty() ? absl::StrCat("; make it: CREATE SCHEMA \"", schema, "\" AUTHORIZATION \"", role, "\"")
                      : UseInstead(known)));
  }
  if (!found[0][0].as<bool>()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the role ", role, " lacks USAGE on schema ", schema, " (database.schema)"));
  }
  const bool here = std::find(everywhere.begin(), everywhere.end(), schema) != everywhere.end();
  const bool path_finds_others = !on_path.empty() && on_path.front() != schema;
  if (path_finds_others && !here) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the tables of logistics-engine are in schema ", on_path.front(), ", which the search path of the role ", role,
        " finds, and not in ", schema, ": set database.schema: ", on_path.front(),
        ". If a second installation is meant, take that schema from the role's search path first"));
  }
  // An earlier release worked on what the path finds first. Another schema than public was asked for by name.
  if (path_finds_others && schema == kDefaultSchema) {
    return absl::FailedPreconditionError(
        absl::StrCat("there are tables of logistics-engine in two schemas, ", on_path.front(), " and ", schema,
                     ", and the search path of the role ", role,
                     " finds the former first: set database.schema: ", on_path.front(), ", or for those of ", schema,
                     " take the other schema from the path (ALTER ROLE … SET search_path = ", schema, ")"));
  }
  if (!here && !everywhere.empty()) {
    spdlog::warn(
        "there are tables of logistics-engine in another schema of this database ({}); new ones are made in {}",
        absl::StrJoin(everywhere, ", "), schema);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDatabase(Session& session, const DatabaseOptions& options) {
  const pqxx::row facts = session.Script(kFacts)[0];
  const std::string encoding = facts[0].c_str();
  if (encoding != "UTF8") {
    return absl::FailedPreconditionError(
        absl::StrCat("the database ", facts[4].c_str(), " stores text as ", encoding,
                     ", which loses characters of orders: make one with ENCODING 'UTF8' TEMPLATE template0 and move "
                     "the tables there"));
  }
  const std::string commits = facts[1].c_str();
  if (commits != "on" && commits != "remote_apply") {
    return absl::FailedPreconditionError(
        absl::StrCat("synchronous_commit is ", commits, " although the session set it to on: no commit would be safe"));
  }
  const std::string usual = facts[2].c_str();
  if (usual != "on" && usual != "remote_apply") {
    spdlog::info("synchronous_commit is {} by default here; our sessions commit with {}", usual, commits);
  }
  if (std::string(facts[3].c_str()) == "off") {
    spdlog::warn("fsync is off at this Postgres: a crash of its machine may lose acknowledged orders");
  }
  return CheckPlace(session, options, facts[5].c_str());
}

}  // namespace logistics::storage
