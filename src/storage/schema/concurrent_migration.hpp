// Migrations that build indexes on large tables without stopping writers (CREATE INDEX CONCURRENTLY).
#pragma once

#include <functional>

#include "storage/postgres/options.hpp"
#include "storage/schema/migrations.hpp"

namespace logistics::storage {

// Whether the migration runs outside a transaction: a statement of it says CONCURRENTLY.
bool IsConcurrent(const EmbeddedMigration& migration);

// Applies such a migration on a session of its own, under the lock of migrations; false: it was applied meanwhile.
// Each statement is `CREATE [UNIQUE] INDEX CONCURRENTLY name ON …` or can be repeated (`DROP INDEX CONCURRENTLY IF
// EXISTS …`); none has a semicolon in it. Where it was cut off, at a kill of process or server, the next call goes on:
// an index that is complete stays, and one that Postgres marks INVALID is dropped and built again. Both leave writers
// alone; each waits for the transactions that run at its begin, however long they last. Throws pqxx exceptions.
bool ApplyConcurrently(const DatabaseOptions& options, const EmbeddedMigration& migration,
                       const std::function<bool()>* cancelled);

}  // namespace logistics::storage
