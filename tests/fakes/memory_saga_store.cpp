#include "fakes/memory_saga_store.hpp"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "logistics/domain/errors.hpp"

namespace logistics::fakes {

using domain::ReservationState;
using ports::Settlement;
using StepKind = domain::SagaStep::Kind;

namespace {

absl::Status Unavailable() {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the database is unavailable", absl::Seconds(1));
}

std::string StepNames(const std::deque<domain::SagaStep>& steps) {
  return absl::StrJoin(
      steps, ", ", [](std::string* text, const domain::SagaStep& step) { text->append(domain::SagaStepName(step)); });
}

}  // namespace

void MemorySagaStore::Script(SagaCall call, std::vector<SagaFate> fates) {
  const std::scoped_lock lock(mutex_);
  script_[call].insert(script_[call].end(), fates.begin(), fates.end());
}

void MemorySagaStore::SetHook(std::function<void(SagaCall)> hook) {
  const std::scoped_lock lock(mutex_);
  hook_ = std::move(hook);
}

SagaFate MemorySagaStore::FateOf(SagaCall call) {
  std::function<void(SagaCall)> hook;
  SagaFate fate = SagaFate::kAnswer;
  {
    const std::scoped_lock lock(mutex_);
    ++calls_[call];
    hook = hook_;
    std::deque<SagaFate>& script = script_[call];
    if (!script.empty()) {
      fate = script.front();
      script.pop_front();
    }
  }
  if (hook) hook(call);
  return fate;
}

void MemorySagaStore::AddSteps(const domain::Reservation& reservation, const std::vector<std::string>& steps,
                               const std::string& reason) {
  const std::scoped_lock lock(mutex_);
  tables_.reservations[reservation.id] = {reservation, clock_.Now()};
  std::vector<domain::SagaStep> parsed;
  for (const std::string& step : steps) parsed.push_back(domain::SagaStepFromName(step).value());
  tables_.AddSteps(reservation.id, parsed, reason);
}

int MemorySagaStore::Calls(SagaCall call) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

std::optional<ReservationState> MemorySagaStore::State(const domain::Uuid& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = tables_.reservations.find(id);
  return found == tables_.reservations.end() ? std::nullopt : std::optional(found->second.reservation.state);
}

std::vector<std::string> MemorySagaStore::Steps(const domain::Uuid& id) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  const auto found = tables_.settlements.find(id);
  if (found == tables_.settlements.end()) return names;
  for (const domain::SagaStep& step : found->second.steps) names.push_back(domain::SagaStepName(step));
  return names;
}

std::vector<MemorySagaStore::Told> MemorySagaStore::WhatWasTold() const {
  const std::scoped_lock lock(mutex_);
  return told_;
}

std::vector<std::pair<domain::Uuid, std::size_t>> MemorySagaStore::RestocksInDoubt() const {
  const std::scoped_lock lock(mutex_);
  return in_doubt_;
}

template <typename Command>
absl::StatusOr<typename Command::Result> MemorySagaStore::Run(SagaCall call, Command command,
                                                              const ports::CallContext& context) {
  const SagaFate fate = FateOf(call);
  if (fate == SagaFate::kFailed) return Unavailable();
  const absl::Status in_doubt = commands::InDoubtError(command);
  if (fate == SagaFate::kDoubtedUndone) return in_doubt;
  const std::scoped_lock lock(mutex_);
  auto result = tables_.Run(std::move(command), context);
  if (fate == SagaFate::kLost) return Unavailable();
  if (fate == SagaFate::kLate) return absl::DeadlineExceededError("too late");
  if (fate == SagaFate::kDoubted) return in_doubt;
  return result;
}

absl::StatusOr<ports::IntentAnswer> MemorySagaStore::Open(const domain::NewOrder& order,
                                                          const ports::CallContext& context) {
  return Run(SagaCall::kOpen, commands::OpenIntent{order}, context);
}

absl::StatusOr<domain::Order> MemorySagaStore::Complete(const domain::NewOrder& order,
                                                        const ports::CallContext& context) {
  return Run(SagaCall::kComplete, commands::CompleteIntent{order}, context);
}

absl::StatusOr<bool> MemorySagaStore::Abandon(const ports::Abandonment& abandonment,
                                              const ports::CallContext& context) {
  const auto answer = Run(SagaCall::kAbandon, commands::AbandonIntent{abandonment}, context);
  if (!answer.ok()) return answer.status();
  return answer->changed;
}

absl::StatusOr<std::optional<domain::Order>> MemorySagaStore::Made(const domain::NewOrder& order,
                                                                   const ports::CallContext& /*context*/) {
  if (FateOf(SagaCall::kMade) != SagaFate::kAnswer) return Unavailable();
  const std::scoped_lock lock(mutex_);
  const auto key = tables_.keys.find({order.order.customer_id, order.idempotency_key});
  if (key == tables_.keys.end() || key->second.fingerprint != order.fingerprint) return std::nullopt;
  const auto made = tables_.orders.find(key->second.order_id);
  return made == tables_.orders.end() ? std::nullopt : std::optional(made->second);
}

absl::StatusOr<std::vector<domain::Uuid>> MemorySagaStore::Left(absl::Duration age, int limit) {
  if (FateOf(SagaCall::kLeft) != SagaFate::kAnswer) return Unavailable();
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<absl::Time, domain::Uuid>> left;
  for (const auto& [id, stored] : tables_.reservations) {
    if (stored.reservation.state == ReservationState::kIntent && stored.created_at < clock_.Now() - age) {
      left.emplace_back(stored.created_at, id);
    }
  }
  std::sort(left.begin(), left.end());
  std::vector<domain::Uuid> ids;
  for (const auto& [created_at, id] : left) {
    if (static_cast<int>(ids.size()) < limit) ids.push_back(id);
  }
  return ids;
}

absl::StatusOr<std::vector<Settlement>> MemorySagaStore::Claim(int limit, absl::Duration claim_for) {
  if (FateOf(SagaCall::kClaim) != SagaFate::kAnswer) return Unavailable();
  const std::scoped_lock lock(mutex_);
  const absl::Time now = clock_.Now();
  std::vector<std::pair<absl::Time, domain::Uuid>> due;
  for (const auto& [id, row] : tables_.settlements) {
    if (row.due_at <= now && row.claimed_until < now) due.emplace_back(row.due_at, id);
  }
  std::sort(due.begin(), due.end());
  const domain::Uuid claim = ids_.NewId();
  std::vector<Settlement> claimed;
  for (const auto& [due_at, id] : due) {
    if (static_cast<int>(claimed.size()) == limit) break;
    Row& row = tables_.settlements.at(id);
    row.claim = claim;
    row.claimed_until = now + claim_for;
    Settlement& settlement = claimed.emplace_back();
    settlement.reservation = tables_.reservations.at(id).reservation;
    settlement.step = row.steps.front();
    settlement.last = row.steps.size() == 1;
    settlement.reason = row.reason;
    settlement.attempts = row.attempts;
    settlement.age = now - row.created_at;
    settlement.claim = claim;
  }
  return claimed;
}

MemorySagaStore::Row* MemorySagaStore::ClaimedLocked(const Settlement& settlement) {
  const auto found = tables_.settlements.find(settlement.reservation.id);
  return found == tables_.settlements.end() || found->second.claim != settlement.claim ? nullptr : &found->second;
}

void MemorySagaStore::StepDoneLocked(const Settlement& settlement, absl::Duration next_in) {
  Row* row = ClaimedLocked(settlement);
  if (row == nullptr) return;
  told_.push_back({settlement.reservation.id, settlement.step.kind, true, next_in});
  row->steps.pop_front();
  row->attempts = 0;
  row->last_error.clear();
  row->claim = {};
  row->claimed_until = absl::InfinitePast();
  row->due_at = clock_.Now() + next_in;
  if (row->steps.empty()) tables_.settlements.erase(settlement.reservation.id);
}

absl::Status MemorySagaStore::Done(const Settlement& settlement, absl::Duration next_in) {
  const SagaFate fate = FateOf(SagaCall::kDone);
  if (fate == SagaFate::kFailed) return Unavailable();
  const std::scoped_lock lock(mutex_);
  StepDoneLocked(settlement, next_in);
  return fate == SagaFate::kLost ? Unavailable() : absl::OkStatus();
}

absl::Status MemorySagaStore::Retry(const Settlement& settlement, absl::Duration delay, const std::string& error) {
  const SagaFate fate = FateOf(SagaCall::kRetry);
  if (fate == SagaFate::kFailed) return Unavailable();
  const std::scoped_lock lock(mutex_);
  if (Row* row = ClaimedLocked(settlement)) {
    told_.push_back({settlement.reservation.id, settlement.step.kind, false, delay});
    if (settlement.step.kind == StepKind::kRestock) row->steps.front().kind = StepKind::kRestock;
    ++row->attempts;
    row->last_error = error;
    row->claim = {};
    row->claimed_until = absl::InfinitePast();
    row->due_at = clock_.Now() + delay;
  }
  return fate == SagaFate::kLost ? Unavailable() : absl::OkStatus();
}

absl::StatusOr<bool> MemorySagaStore::MarkRestocking(const Settlement& settlement) {
  const SagaFate fate = FateOf(SagaCall::kMarkRestocking);
  if (fate == SagaFate::kFailed) return Unavailable();
  const std::scoped_lock lock(mutex_);
  Row* row = ClaimedLocked(settlement);
  const bool mark =
      row != nullptr && row->claimed_until > clock_.Now() && row->steps.front().kind == StepKind::kRestock;
  if (mark) row->steps.front().kind = StepKind::kRestocking;
  if (fate == SagaFate::kLost) return Unavailable();
  return mark;
}

absl::Status MemorySagaStore::InDoubt(const Settlement& settlement, const std::string& /*why*/) {
  const SagaFate fate = FateOf(SagaCall::kInDoubt);
  if (fate == SagaFate::kFailed) return Unavailable();
  const std::scoped_lock lock(mutex_);
  const std::pair<domain::Uuid, std::size_t> restock(settlement.reservation.id, settlement.step.item);
  if (std::find(in_doubt_.begin(), in_doubt_.end(), restock) == in_doubt_.end()) in_doubt_.push_back(restock);
  StepDoneLocked(settlement, absl::ZeroDuration());
  return fate == SagaFate::kLost ? Unavailable() : absl::OkStatus();
}

absl::StatusOr<ports::SettlementStats> MemorySagaStore::Stats() {
  const std::scoped_lock lock(mutex_);
  ports::SettlementStats stats;
  stats.waiting = static_cast<std::int64_t>(tables_.settlements.size());
  stats.in_doubt = static_cast<std::int64_t>(in_doubt_.size());
  for (const auto& [id, row] : tables_.settlements) {
    stats.oldest_age = std::max(stats.oldest_age, clock_.Now() - row.created_at);
  }
  return stats;
}

absl::StatusOr<std::vector<ports::StuckSettlement>> MemorySagaStore::Stuck(absl::Duration age, int limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<ports::StuckSettlement> stuck;
  for (const auto& [id, row] : tables_.settlements) {
    const absl::Duration old = clock_.Now() - row.created_at;
    if (old > age) stuck.push_back({id, StepNames(row.steps), row.attempts, row.last_error, old});
  }
  std::sort(stuck.begin(), stuck.end(), [](const auto& a, const auto& b) { return a.age > b.age; });
  if (stuck.size() > static_cast<std::size_t>(limit)) stuck.resize(static_cast<std::size_t>(limit));
  return stuck;
}

}  // namespace logistics::fakes
