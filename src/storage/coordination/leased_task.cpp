#include "storage/coordination/leased_task.hpp"

#include <spdlog/spdlog.h>

#include "storage/coordination/leases.hpp"

namespace logistics::storage {
namespace {

constexpr absl::Duration kLeaseTtl = absl::Minutes(1);

constexpr Statement kSweepKeys = {
    "sweep_keys",
    "DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys "
    "WHERE created_at < now() - $1::bigint * interval '1 second' LIMIT 5000))"};
constexpr Statement kSweepAdjustments = {
    "sweep_adjustment_requests",
    "DELETE FROM adjustment_requests WHERE ctid = ANY(ARRAY(SELECT ctid FROM adjustment_requests "
    "WHERE created_at < now() - $1::bigint * interval '1 second' LIMIT 5000))"};
constexpr Statement kSweepMessages = {"sweep_messages",
                                      "DELETE FROM inbox_done WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox_done "
                                      "WHERE done_at < now() - $1::bigint * interval '1 second' LIMIT 5000))"};

void SweepByAge(Session& session, const Statement& statement, absl::Duration ttl, const char* what) {
  std::size_t swept = 0;
  std::size_t total = 0;
  do {
    swept = session.Execute(statement, Params().Add(absl::ToInt64Seconds(ttl))).affected_rows();
    total += swept;
  } while (swept > 0);
  if (total > 0) spdlog::info("{} {} have expired", total, what);
}

}  // namespace

LeasedTask::LeasedTask(std::string name, absl::Duration interval, const DatabaseOptions& options,
                       const domain::Uuid& replica_id, std::function<void(Session&)> work)
    : name_(std::move(name)),
      interval_(interval),
      session_(options, SessionUse::kQueries),
      replica_id_(replica_id),
      work_(std::move(work)),
      task_(absl::ToChronoNanoseconds(interval), [this] { Run(); }) {}

void LeasedTask::Run() {
  const std::optional<Failure> failure = session_.Attempt(Tries::kOnce, [this](Session& session) {
    if (!AcquireLease(session, name_, replica_id_, kLeaseTtl)) return;
    work_(session);
    ReleaseLease(session, name_, replica_id_);
  });
  if (failure) {
    spdlog::warn("{} failed and is tried again in {}: {}", name_, absl::FormatDuration(interval_), failure->text);
  }
}

void SweepIdempotencyKeys(Session& session, absl::Duration ttl) {
  SweepByAge(session, kSweepKeys, ttl, "idempotency keys");
}

void SweepAdjustmentRequests(Session& session, absl::Duration ttl) {
  SweepByAge(session, kSweepAdjustments, ttl, "request ids of adjustments");
}

void SweepDoneMessages(Session& session, absl::Duration ttl) {
  SweepByAge(session, kSweepMessages, ttl, "handled messages");
}

}  // namespace logistics::storage
