#pragma once

#include "storage/postgres/session.hpp"

namespace logistics::storage {

inline constexpr char kPoolerRefusal[] =
    "a pooler that shares server connections between transactions stands before Postgres; LISTEN, prepared statements "
    "and session settings break behind it: set pool_mode = session, or name Postgres itself in database.url";

// The other sessions of the check; one is enough where there is no room for more.
inline constexpr int kPoolerCheckSessions = 3;

// Whether such a pooler stands before Postgres. Other sessions open transactions and keep them: behind a pooler
// `session` then meets another backend, or waits in vain for one. `session` is outside a transaction; where the answer
// is true it may be broken. Takes a few seconds at most. Throws pqxx exceptions where a pooler has no second session.
bool IsBehindTransactionPooler(Session& session, const DatabaseOptions& options);

}  // namespace logistics::storage
