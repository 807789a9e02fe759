#include "storage/coordination/replica_registry.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace logistics::storage {
namespace {

constexpr std::chrono::seconds kHeartbeat{5};

// Rows of replicas that have been gone for long are nobody's to remove but ours.
constexpr Statement kRegister = {
    "register_replica",
    "WITH gone AS (DELETE FROM replicas WHERE seen_at < now() - interval '1 day') "
    "INSERT INTO replicas (id, release, inventory_mode) VALUES ($1::uuid, $2::text, $3::text) "
    "ON CONFLICT (id) DO UPDATE SET seen_at = now()"};
constexpr Statement kRemoveReplica = {"remove_replica", "DELETE FROM replicas WHERE id = $1::uuid"};
constexpr Statement kLive = {"live_replicas",
                             "SELECT id, release, inventory_mode FROM replicas WHERE id <> $1::uuid "
                             "AND seen_at > now() - $2::bigint * interval '1 second' ORDER BY started_at, id"};

}  // namespace

std::vector<LiveReplica> LiveReplicas(Session& session, const domain::Uuid& except) {
  std::vector<LiveReplica> replicas;
  const Params params = Params().Add(except).Add(absl::ToInt64Seconds(kReplicaSeenWithin));
  for (const pqxx::row& row : session.Execute(kLive, params)) {
    replicas.push_back({domain::Uuid::Parse(row[0].c_str()).value(), row[1].c_str(), row[2].c_str()});
  }
  return replicas;
}

void RegisterReplica(Session& session, const DatabaseOptions& options, const domain::Uuid& id) {
  session.Execute(kRegister, Params().Add(id).Add(options.release).Add(options.inventory_mode));
}

ReplicaRegistry::ReplicaRegistry(const DatabaseOptions& options, const domain::Uuid& replica_id)
    : options_(options),
      session_(options, SessionUse::kByKey),
      replica_id_(replica_id),
      task_(std::in_place, kHeartbeat, [this] { Register(); }) {}

ReplicaRegistry::~ReplicaRegistry() {
  task_.reset();
  session_.Attempt(Tries::kOnce,
                   [this](Session& session) { session.Execute(kRemoveReplica, Params().Add(replica_id_)); });
}

void ReplicaRegistry::Register() {
  const auto failure =
      session_.Attempt(Tries::kOnce, [this](Session& session) { RegisterReplica(session, options_, replica_id_); });
  if (failure && failures_.Pass(base::LogLimiter::Time::clock::now())) {
    spdlog::warn("this replica could not be registered and is tried again: {}", failure->text);
  }
}

}  // namespace logistics::storage
