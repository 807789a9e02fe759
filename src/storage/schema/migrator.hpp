#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/postgres/options.hpp"

namespace logistics::storage {

// Brings the schema up to what this binary needs; returns the names of what was applied. Each migration runs in a
// transaction of its own, under a lock, so that replicas can start together and one that is killed leaves whole steps.
// Migrations that a newer release applied are left alone. UNAVAILABLE: the database is unavailable or busy, call
// again; any other error will not pass by itself.
absl::StatusOr<std::vector<std::string>> Migrate(const DatabaseOptions& options);

// Writes the inventory mode ("embedded" or "remote") into the database at first start and holds later starts to it.
// FAILED_PRECONDITION when the database says otherwise and `switch_mode` does not allow to change it.
absl::Status EnsureInventoryMode(const DatabaseOptions& options, const std::string& mode, bool switch_mode);

}  // namespace logistics::storage
