#pragma once

#include <functional>
#include <string>

#include "logistics/base/periodic_task.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// Runs `work` every interval, on one replica at a time, under the lease of its name. The work gets a session that is
// not in a transaction and must be safe to be cut off anywhere. An exception of the work is logged and ends this turn.
class LeasedTask {
 public:
  LeasedTask(std::string name, absl::Duration interval, const DatabaseOptions& options, const domain::Uuid& replica_id,
             std::function<void(Session&)> work);

 private:
  void Run();

  const std::string name_;
  const absl::Duration interval_;
  SessionSlot session_;
  const domain::Uuid replica_id_;
  const std::function<void(Session&)> work_;
  base::PeriodicTask task_;  // last: it works with the rest
};

// Delete idempotency keys, request ids of adjustments, and handled messages, older than `ttl`, a bounded number at a
// time.
void SweepIdempotencyKeys(Session& session, absl::Duration ttl);
void SweepAdjustmentRequests(Session& session, absl::Duration ttl);
void SweepDoneMessages(Session& session, absl::Duration ttl);

}  // namespace logistics::storage
