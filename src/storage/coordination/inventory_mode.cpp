#include "storage/coordination/inventory_mode.hpp"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/coordination/replica_registry.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {
namespace {

constexpr char kEmbedded[] = "embedded";

absl::Status Refused(const std::string& why) { return absl::FailedPreconditionError(why); }

// The mode of the database; at the first start that of `options`. Locked until the commit: replicas that start at the
// same time decide one after the other.
std::string LockMode(Session& session, const DatabaseOptions& options) {
  session.ExecuteOnce(
      "INSERT INTO engine_facts (name, value) VALUES ('inventory_mode', $1) ON CONFLICT (name) DO NOTHING",
      Params().Add(options.inventory_mode));
  return session.ExecuteOnce("SELECT value FROM engine_facts WHERE name = 'inventory_mode' FOR UPDATE")[0][0]
      .as<std::string>();
}

absl::Status CheckReplicas(Session& session, const DatabaseOptions& options, const domain::Uuid& replica_id) {
  for (const LiveReplica& replica : LiveReplicas(session, replica_id)) {
    if (replica.inventory_mode == options.inventory_mode) continue;
    return Refused(absl::StrCat("replica ", replica.id.ToString(), " runs with ", replica.inventory_mode,
                                " inventory, and the mode is to be switched to ", options.inventory_mode,
                                ". Stop all replicas first; one that crashed counts as gone after ",
                                absl::FormatDuration(kReplicaSeenWithin)));
  }
  return absl::OkStatus();
}

// Of an embedded start: nothing that only the peer can end may be left without it.
absl::Status CheckPeerWork(Session& session, bool is_switch, bool settles_at_peer) {
  const pqxx::row row = session.ExecuteOnce(
      "SELECT (SELECT count(*) FROM reservations WHERE state = 'intent'), (SELECT count(*) FROM settlements), "
      "(SELECT count(*) FROM reservations WHERE state = 'held' AND keeper = 'peer')")[0];
  const auto intents = row[0].as<std::int64_t>();
  const auto settlements = row[1].as<std::int64_t>();
  const auto held = row[2].as<std::int64_t>();
  if (is_switch && (intents > 0 || settlements > 0)) {
    return Refused(absl::StrCat(intents, " intents and ", settlements,
                                " settlements wait for the inventory service. Run with it until there are none, "
                                "then switch the mode"));
  }
  if (!settles_at_peer && (held > 0 || settlements > 0)) {
    return Refused(absl::StrCat(held, " orders hold stock at an inventory service and ", settlements,
                                " settlements wait for it. Set inventory.settle_url to its address, or run with it "
                                "until there are none"));
  }
  return absl::OkStatus();
}

absl::Status Decide(Session& session, const DatabaseOptions& options, const domain::Uuid& replica_id,
                    const ModeChange& change) {
  const std::string& mode = options.inventory_mode;
  const std::string found = LockMode(session, options);
  const bool is_switch = found != mode;
  if (is_switch && !change.wanted) {
    return Refused(
        absl::StrCat("this database was started with ", found, " inventory and is now asked to run with ", mode,
                     " inventory; stock would have two truths. Set inventory.switch_mode: true once if that is meant"));
  }
  if (is_switch) {
    if (absl::Status status = CheckReplicas(session, options, replica_id); !status.ok()) return status;
  }
  if (mode == kEmbedded) {
    if (absl::Status status = CheckPeerWork(session, is_switch, change.settles_at_peer); !status.ok()) return status;
  }
  if (is_switch) {
    spdlog::warn("inventory mode switched from {} to {}", found, mode);
    session.ExecuteOnce("UPDATE engine_facts SET value = $1 WHERE name = 'inventory_mode'", Params().Add(mode));
  }
  RegisterReplica(session, options, replica_id);
  return absl::OkStatus();
}

}  // namespace

absl::Status EnsureInventoryMode(const DatabaseOptions& options, const domain::Uuid& replica_id,
                                 const ModeChange& change) {
  absl::Status allowed;
  const std::optional<Failure> failure =
      SessionSlot(options, SessionUse::kQueries).Attempt(Tries::kOnce, [&](Session& session) {
        session.Begin();
        allowed = Decide(session, options, replica_id, change);
        session.Script(allowed.ok() ? "COMMIT" : "ROLLBACK");
      });
  return failure ? failure->status : allowed;
}

}  // namespace logistics::storage
