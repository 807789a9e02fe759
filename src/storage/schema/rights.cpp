#include "storage/schema/rights.hpp"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace logistics::storage {
namespace {

struct TableRights {
  const char* table;
  const char* rights;
};

// What the statements of serve do; FOR UPDATE is an UPDATE.
constexpr std::array<TableRights, 28> kRights = {{
    {"adjustment_requests", "SELECT,INSERT,DELETE"},
    {"change_counter", "SELECT"},
    {"commit_lock", "SELECT,UPDATE"},
    {"commits", "SELECT,INSERT"},
    {"engine_facts", "SELECT,INSERT,UPDATE"},
    {"idempotency_keys", "SELECT,INSERT,DELETE"},
    {"inbox_done", "SELECT,INSERT,DELETE"},
    {"inbox_waiting", "SELECT,INSERT,UPDATE,DELETE"},
    {"intent_keys", "SELECT,INSERT,DELETE"},
    {"leases", "SELECT,INSERT,UPDATE,DELETE"},
    {"order_items", "SELECT,INSERT"},
    {"order_status_history", "SELECT,INSERT"},
    {"orders", "SELECT,INSERT,UPDATE"},
    {"outbox", "SELECT,INSERT,UPDATE,DELETE"},
    {"outbox_position", "SELECT,UPDATE"},
    {"outbox_quarantine", "SELECT,INSERT,DELETE"},
    {"payments", "SELECT,INSERT"},
    {"products", "SELECT,INSERT"},
    {"retention", "SELECT,UPDATE"},
    {"replicas", "SELECT,INSERT,UPDATE,DELETE"},
    {"reservations", "SELECT,INSERT,UPDATE"},
    {"restocks_in_doubt", "SELECT,INSERT"},
    {"restocks_refused", "SELECT,INSERT"},
    {"routed_keys", "SELECT,INSERT,UPDATE,DELETE"},
    {"schema_migrations", "SELECT"},
    {"settlements", "SELECT,INSERT,UPDATE,DELETE"},
    {"stock_levels", "SELECT,INSERT,UPDATE"},
    {"stock_movements", "SELECT,INSERT"},
}};

// A table that is not there, since a later release dropped it, is none that a right is missing for.
constexpr Statement kMissing = {
    "missing_rights",
    "SELECT current_user, string_agg(w.name || ' on ' || w.object, ', ' ORDER BY w.place) FROM "
    "unnest($2::text[], $3::text[]) WITH ORDINALITY AS w(object, name, place) "
    "WHERE NOT has_table_privilege(to_regclass(format('%I.%I', $1::text, w.object))::oid, w.name)"};

Columns WantedRights() {
  Columns wanted(2);
  for (const TableRights& table : kRights) {
    for (const auto& right : absl::StrSplit(table.rights, ',')) wanted.AddRow(table.table, std::string(right));
  }
  return wanted;
}

}  // namespace

ArrayParam TablesOfOurs() {
  ArrayParam names;
  for (const TableRights& table : kRights) names.Add(table.table);
  return names;
}

void RequireRights(Session& session, const std::string& schema) {
  Params params = Params().Add(schema);
  WantedRights().AddTo(params);
  const pqxx::row row = session.Execute(kMissing, params)[0];
  if (row[1].is_null()) return;
  throw MissingRightsError(absl::StrCat("the role ", row[0].c_str(), " lacks rights in schema ", schema, ": ",
                                        row[1].c_str(), "; docs/deploy.md has the grants"));
}

}  // namespace logistics::storage
