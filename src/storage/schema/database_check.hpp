#pragma once

#include "absl/status/status.h"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Whether the database fits, before anything is made in it. FAILED_PRECONDITION, with the cause and its remedy:
// - it does not store UTF-8;
// - commits of the session would not wait for the disk;
// - options.schema is not there, or our role may not use it;
// - our tables lie in another schema, which the search path of role, database or URL finds. An earlier release, which
//   followed that path, used them.
// Throws pqxx exceptions. The session is outside a transaction.
absl::Status CheckDatabase(Session& session, const DatabaseOptions& options);

}  // namespace logistics::storage
