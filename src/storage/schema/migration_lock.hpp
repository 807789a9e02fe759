// One migration at a time over all replicas: an advisory lock of the database.
#pragma once

#include "absl/time/time.h"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Locks until the session's transaction ends; neither a pooler nor a crash keeps the lock. Waits up to `timeout`, then
// throws SQLSTATE 55P03. Between its tries the session has no snapshot: an index that the holder builds CONCURRENTLY
// waits for all snapshots, and would wait for this one. The session is in a transaction.
void LockMigrations(Session& session, absl::Duration timeout);

// The same until the session ends, for what cannot run in a transaction. Postgres ends the session once it is idle for
// `idle_max`, so that a frozen process does not keep the lock. The session is in no transaction.
void LockMigrationsOfSession(Session& session, absl::Duration timeout, absl::Duration idle_max);

}  // namespace logistics::storage
