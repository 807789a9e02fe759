// One at a time over all replicas: rows in `leases`, judged by Postgres' clock.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// The condition of a write that only the lease's holder may make; $1 is the lease's name, $2 the holder. One row while
// the lease is ours, locked so that no other replica acquires the lease in the middle of the write.
#define LOGISTICS_LEASE_FENCE \
  "SELECT 1 FROM leases WHERE name = $1::text AND holder = $2::uuid AND expires_at > clock_timestamp() FOR UPDATE"

// In the result of a statement that is a transaction of its own: its commit does not wait for the disk. Of that
// transaction alone: a setting of the session would reach others by way of a pooler.
#define LOGISTICS_WITHOUT_DISK_WAIT "set_config('synchronous_commit', 'off', true)"

// Neither waits for the disk: a crash of Postgres that undoes one ends the lease early, or lets it run out.
// Acquires a free or expired lease, or renews ours. False: another replica has it.
bool AcquireLease(Session& session, const std::string& name, const domain::Uuid& holder, absl::Duration ttl);

// Frees the lease at once, if it is ours.
void ReleaseLease(Session& session, const std::string& name, const domain::Uuid& holder);

}  // namespace logistics::storage
