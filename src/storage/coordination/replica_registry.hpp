#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "logistics/base/log_limiter.hpp"
#include "logistics/base/periodic_task.hpp"
#include "logistics/domain/ids.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// A replica that was seen within kReplicaSeenWithin.
struct LiveReplica {
  domain::Uuid id;
  std::string release;
  std::string inventory_mode;  // "embedded" or "remote"
};

inline constexpr absl::Duration kReplicaSeenWithin = absl::Seconds(30);

// The live replicas but `except`, by Postgres' clock. Throws pqxx exceptions.
std::vector<LiveReplica> LiveReplicas(Session& session, const domain::Uuid& except);

// Registers a replica, or renews that. Throws pqxx exceptions.
void RegisterReplica(Session& session, const DatabaseOptions& options, const domain::Uuid& id);

// Registers this replica with its release and its inventory mode, renews that every few seconds on a session of its
// own, and removes it when it is destroyed. A crashed or frozen replica counts as gone after kReplicaSeenWithin. While
// the database is unavailable the registry tries again; it holds up nothing.
class ReplicaRegistry {
 public:
  ReplicaRegistry(const DatabaseOptions& options, const domain::Uuid& replica_id);
  ~ReplicaRegistry();
  ReplicaRegistry(const ReplicaRegistry&) = delete;
  ReplicaRegistry& operator=(const ReplicaRegistry&) = delete;

 private:
  void Register();

  base::LogLimiter failures_{std::chrono::minutes(1)};
  const DatabaseOptions options_;
  SessionSlot session_;
  const domain::Uuid replica_id_;
  std::optional<base::PeriodicTask> task_;  // last: it works with the rest
};

}  // namespace logistics::storage
