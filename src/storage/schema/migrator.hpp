#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/postgres/options.hpp"

namespace logistics::storage {

// Applies the migrations of this binary that the schema lacks; returns their names. Each migration runs in a
// transaction of its own, under a lock, so that replicas can start together and a killed one leaves whole steps. One
// that builds an index CONCURRENTLY goes on where it was cut off (concurrent_migration.hpp).
// Migrations that a newer release applied are left alone. Where none is missing, the role needs no right but SELECT.
// UNAVAILABLE: the database is unavailable or busy, call again; any other error will not pass by itself.
// FAILED_PRECONDITION, with the remedy: the database does not fit (database_check.hpp), or the role lacks a right.
// `cancelled`, where given, is asked by another thread: once it is true, the build of an index is waited for no longer
// (UNAVAILABLE). The server goes on with it, and the next call waits for that.
absl::StatusOr<std::vector<std::string>> Migrate(const DatabaseOptions& options,
                                                 const std::function<bool()>* cancelled = nullptr);

// FAILED_PRECONDITION naming the rights that a role needs to serve (rights.hpp) and lacks; else as Migrate. The schema
// is up to date.
absl::Status CheckRights(const DatabaseOptions& options);

// Gives the database a new identity, and returns it: to be done when the database was restored from a backup, so that
// nobody takes a position in the state before for one in this state. FAILED_PRECONDITION where there is no schema; else
// as Migrate. May run beside replicas, which end their streams.
absl::StatusOr<std::string> RenewIdentity(const DatabaseOptions& options);

}  // namespace logistics::storage
