#pragma once

#include "absl/status/status.h"
#include "logistics/domain/ids.hpp"
#include "storage/postgres/options.hpp"

namespace logistics::storage {

struct ModeChange {
  bool wanted = false;           // inventory.switch_mode: the other mode is meant
  bool settles_at_peer = false;  // an embedded start can reach the peer of before (inventory.settle_url)
};

// Holds the database to one inventory mode. The first start writes options.inventory_mode, later ones are checked. A
// replica that may start is registered in the same transaction, so that no other one switches the mode beside it.
// FAILED_PRECONDITION, with the cause and its remedy:
// - the database has the other mode and no change is wanted, or a replica of the other mode lives;
// - a switch to "embedded" while intents or settlements wait for the peer;
// - an embedded start that does not settle at the peer, while orders hold stock or settlements wait there.
// UNAVAILABLE: the database is unavailable or busy, call again. The schema exists.
absl::Status EnsureInventoryMode(const DatabaseOptions& options, const domain::Uuid& replica_id,
                                 const ModeChange& change);

}  // namespace logistics::storage
