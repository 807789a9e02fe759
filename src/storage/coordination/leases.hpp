// One at a time over all replicas: rows in `leases`, judged by Postgres' clock.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// The condition of a write that only the holder may make; $1 is the lease's name, $2 the holder. One row while it
// holds, locked so that nobody takes over in the middle of the write.
#define LOGISTICS_LEASE_FENCE \
  "SELECT 1 FROM leases WHERE name = $1::text AND holder = $2::uuid AND expires_at > clock_timestamp() FOR UPDATE"

// Takes a free or expired lease, or renews ours. False: another holds it.
bool TakeLease(Session& session, const std::string& name, const domain::Uuid& holder, absl::Duration ttl);

// Frees it for others at once, if it is ours.
void GiveLeaseBack(Session& session, const std::string& name, const domain::Uuid& holder);

}  // namespace logistics::storage
