#pragma once

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {

// Queues the end of a batch: it takes the next number and commits, in one packet: a daemon frozen before it does not
// hold the lock of commits, one frozen after it has committed. Waits up to `lock_timeout` for the commit of another
// writer, which takes as long as the server's disk. When the message throws and the connection is gone, the commit is
// in doubt (see WasCommitted).
void QueueCommit(PipelineSession& session, const domain::Uuid& batch_id, absl::Duration lock_timeout);

// Commits, takes no number and adds no row: refused where a commit would be.
inline constexpr Statement kProbeCommit = {"probe_commit", "SELECT 1 FROM commit_lock FOR UPDATE"};

// Whether some writer has committed within the last `wait`. Then the lock of commits goes from one to the next, however
// long one waits for it.
bool OthersCommit(PipelineSession& session, absl::Duration wait);

// Resolves a commit in doubt, on a new connection: true when the batch is committed, false when it never will be.
// Waits for the lost transaction where it still runs.
bool WasCommitted(PipelineSession& session, const domain::Uuid& batch_id);

}  // namespace logistics::storage
