#pragma once

#include "logistics/domain/ids.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Takes the next number and commits, in one message: a daemon frozen before it holds nothing, one frozen after it has
// committed. When this throws and the connection is gone, the commit is in doubt (see WasCommitted).
void Commit(Session& session, const domain::Uuid& batch_id);

// Resolves a commit in doubt, on a new connection: true when the batch is committed, false when it never will be.
// Waits for the lost transaction where it still runs.
bool WasCommitted(Session& session, const domain::Uuid& batch_id);

}  // namespace logistics::storage
