#include "app/serve.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "app/application.hpp"
#include "app/command_line.hpp"
#include "app/signals.hpp"
#include "rpc/server/library_log.hpp"
#include "rpc/server/port_claim.hpp"
#include "storage/coordination/inventory_mode.hpp"
#include "storage/schema/migrator.hpp"
#include "telemetry/admin_http.hpp"
#include "telemetry/logging.hpp"

namespace logistics::app {
namespace {

// Migrates the schema and registers the replica; waits for Postgres without a limit, until a signal. CANCELLED: a
// signal came.
absl::Status PrepareDatabase(const Settings& settings, const domain::Uuid& replica_id, Signals& signals,
                             ports::HealthReporter& health) {
  const storage::ModeChange change{settings.inventory_switch_mode, !settings.inventory_settle_url.empty()};
  const std::function<bool()> stopped = [&signals] { return signals.Wait(absl::ZeroDuration()); };
  absl::Duration delay = settings.database_retry.delay_min;
  for (;;) {
    absl::StatusOr<std::vector<std::string>> applied = storage::Migrate(settings.database, &stopped);
    absl::Status status = applied.status();
    if (status.ok()) {
      if (!applied->empty()) spdlog::info("schema migrated: {}", absl::StrJoin(*applied, ", "));
      status = storage::CheckRights(settings.database);
    }
    if (status.ok()) {
      status = storage::EnsureInventoryMode(DatabaseOptionsOf(settings), replica_id, change);
    }
    if (!absl::IsUnavailable(status)) return status;
    health.Report("postgres", ports::HealthState::kDown, std::string(status.message()));
    spdlog::warn("{}; trying again in {}", std::string(status.message()), absl::FormatDuration(delay));
    if (signals.Wait(delay)) return absl::CancelledError("stopped while waiting for the database");
    delay = std::min(delay * 2, settings.database_retry.delay_max);
  }
}

// Ends the process when the drain takes longer than it may, so that a call that still runs does not keep the replica
// from being replaced.
class DrainLimit {
 public:
  explicit DrainLimit(absl::Time deadline)
      : thread_([this, deadline](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          const bool over =
              !done_.wait_until(lock, stop, absl::ToChronoTime(deadline), [&] { return stop.stop_requested(); });
          if (!over || stop.stop_requested()) return;
          spdlog::error(
              "the drain time is over and something still runs; ending now, what is committed stays committed");
          spdlog::default_logger()->flush();
          _exit(kExitFailed);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any done_;
  std::jthread thread_;
};

// Runs a command that ends by itself: the exit code. `work` gives the line that says what was done.
template <typename Work>
int RunOnce(const Settings& settings, const Work& work) {
  Signals signals;
  if (const absl::Status status = telemetry::SetUpLogging(settings.telemetry); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return kExitFailed;
  }
  const absl::StatusOr<std::string> done = work();
  if (!done.ok()) {
    spdlog::error("{}", std::string(done.status().message()));
    return kExitFailed;
  }
  spdlog::info("{}", *done);
  return kExitOk;
}

absl::Status NamedError(const absl::Status& status, std::string_view what) {
  return {status.code(), absl::StrCat(std::string(what), ": ", std::string(status.message()))};
}

}  // namespace

int Serve(const Settings& settings) {
  Signals signals;
  // Debian builds abseil with its deadlock detection on, which gRPC's own locks then pay for at every call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (const absl::Status status = telemetry::SetUpLogging(settings.telemetry); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return kExitFailed;
  }
  rpc::ForwardLibraryLogs();
  spdlog::info("logistics-engine {} starts, inventory {}, drain time {}", settings.database.release,
               settings.inventory_peer.url.empty() ? "embedded" : "at " + settings.inventory_peer.url,
               absl::FormatDuration(settings.drain_timeout));
  telemetry::StructuredLog log(settings.telemetry.log_format);
  telemetry::PrometheusMetrics metrics;
  telemetry::Readiness readiness({"postgres"});
  ports::Counter& dropped = metrics.GetCounter("logistics_log_dropped_total", "Lines of the log that nobody read", {});
  telemetry::AdminHttp admin(settings.telemetry, readiness, [&metrics, &dropped, counted = std::uint64_t{0}]() mutable {
    const std::uint64_t now = telemetry::DroppedLogLines();
    dropped.Increment(static_cast<double>(now - std::exchange(counted, now)));
    return metrics.Scrape();
  });
  const absl::StatusOr<int> admin_port = admin.Start();
  if (!admin_port.ok()) {
    spdlog::error("{}", std::string(admin_port.status().message()));
    return kExitFailed;
  }
  spdlog::info("serving /livez, /readyz and /metrics on {}:{}", settings.telemetry.metrics_host, *admin_port);

  const SystemClock clock;
  // Before the database, which remembers the mode of a start that is allowed.
  std::unique_ptr<remote_inventory::GrpcInventoryPeer> peer;
  remote_inventory::PeerOptions peer_options = settings.inventory_peer;
  if (peer_options.url.empty()) peer_options.url = settings.inventory_settle_url;
  if (!peer_options.url.empty()) {
    auto connected = remote_inventory::GrpcInventoryPeer::Connect(peer_options, clock, metrics, readiness);
    if (!connected.ok()) {
      spdlog::error("cannot start: {}", std::string(connected.status().message()));
      return kExitFailed;
    }
    peer = *std::move(connected);
  }
  const domain::Uuid replica_id = UuidV7Generator(clock).NewId();
  std::optional<DrainLimit> limit;  // outlives the application: its end counts as drain
  Application application(settings, replica_id, peer.get(), log, metrics, readiness);
  // The port comes before the schema and before every lease: a second daemon on the same port must leave both alone.
  absl::StatusOr<rpc::PortClaim> claim = rpc::PortClaim::Take(settings.server.host, settings.server.port);
  if (!claim.ok()) {
    spdlog::error("cannot start: {}", std::string(claim.status().message()));
    return kExitFailed;
  }
  const absl::Status prepared = PrepareDatabase(settings, replica_id, signals, readiness);
  if (absl::IsCancelled(prepared)) {
    spdlog::info("{}", std::string(prepared.message()));
    return kExitOk;
  }
  if (!prepared.ok()) {
    spdlog::error("cannot start: {}", std::string(prepared.message()));
    return kExitFailed;
  }

  claim->Release();
  if (const absl::Status status = application.Listen(); !status.ok()) {
    spdlog::error("cannot start: {}", std::string(status.message()));
    return kExitFailed;
  }
  application.Start();
  signals.Wait();
  const absl::Time deadline = absl::Now() + settings.drain_timeout;
  limit.emplace(deadline);
  application.Stop(deadline);
  spdlog::info("stopped");
  return kExitOk;
}

int Migrate(const Settings& settings) {
  return RunOnce(settings, [&]() -> absl::StatusOr<std::string> {
    const absl::StatusOr<std::vector<std::string>> applied = storage::Migrate(settings.database);
    if (!applied.ok()) return NamedError(applied.status(), "cannot migrate");
    return applied->empty() ? "the schema is up to date" : "schema migrated: " + absl::StrJoin(*applied, ", ");
  });
}

int Restored(const Settings& settings) {
  return RunOnce(settings, [&]() -> absl::StatusOr<std::string> {
    const absl::StatusOr<std::string> identity = storage::RenewIdentity(settings.database);
    if (!identity.ok()) return NamedError(identity.status(), "cannot give the database a new identity");
    return "the database has a new identity, " + *identity +
           ": resume tokens from before are OUT_OF_RANGE, and their streams begin anew with a snapshot";
  });
}

}  // namespace logistics::app
