#pragma once

#include <stdexcept>
#include <string>

#include "storage/postgres/session.hpp"

namespace logistics::storage {

class MissingRightsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The names of all tables and views that serve uses.
ArrayParam TablesOfOurs();

// The rights of a role that serves: USAGE on the schema, SELECT on all our tables, and what each table needs besides
// (docs/deploy.md). Throws MissingRightsError naming the rights that the session's role lacks, and on what; pqxx
// exceptions too. Skips a table that does not exist.
void RequireRights(Session& session, const std::string& schema);

}  // namespace logistics::storage
