#include "fakes/memory_saga_store.hpp"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/payment.hpp"

namespace logistics::fakes {

using domain::ReservationState;
using ports::IntentAnswer;
using ports::IntentRelease;
using ports::Settlement;
using ports::SettlementStep;

namespace {

absl::Status Away() {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the database is away", absl::Seconds(1));
}

void ReadStep(const std::string& text, Settlement& settlement) {
  const std::size_t blank = text.find(' ');
  const std::string name = text.substr(0, blank);
  if (blank != std::string::npos) settlement.item = std::stoul(text.substr(blank + 1));
  settlement.step = name == "release"         ? SettlementStep::kRelease
                    : name == "release_again" ? SettlementStep::kReleaseAgain
                    : name == "commit"        ? SettlementStep::kCommit
                    : name == "restock"       ? SettlementStep::kRestock
                                              : SettlementStep::kRestocking;
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
  reservations_[reservation.id] = {reservation, clock_.Now(), std::nullopt};
  AddStepsLocked(reservation.id, steps, reason);
}

void MemorySagaStore::AddStepsLocked(const domain::Uuid& id, const std::vector<std::string>& steps,
                                     const std::string& reason) {
  const auto [row, created] = settlements_.try_emplace(id);
  if (created) {
    row->second.reason = reason;
    row->second.due_at = row->second.created_at = clock_.Now();
  }
  row->second.steps.insert(row->second.steps.end(), steps.begin(), steps.end());
}

int MemorySagaStore::Calls(SagaCall call) const {
  const std::scoped_lock lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

std::optional<ReservationState> MemorySagaStore::State(const domain::Uuid& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = reservations_.find(id);
  return found == reservations_.end() ? std::nullopt : std::optional(found->second.reservation.state);
}

std::vector<std::string> MemorySagaStore::Steps(const domain::Uuid& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = settlements_.find(id);
  if (found == settlements_.end()) return {};
  return {found->second.steps.begin(), found->second.steps.end()};
}

std::vector<MemorySagaStore::Told> MemorySagaStore::WhatWasTold() const {
  const std::scoped_lock lock(mutex_);
  return told_;
}

std::vector<std::pair<domain::Uuid, std::size_t>> MemorySagaStore::RestocksInDoubt() const {
  const std::scoped_lock lock(mutex_);
  return in_doubt_;
}

absl::StatusOr<IntentAnswer> MemorySagaStore::Open(const domain::NewOrder& order,
                                                   const ports::CallContext& /*context*/) {
  const SagaFate fate = FateOf(SagaCall::kOpen);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  const domain::Uuid& id = order.order.id.uuid();
  Stored stored{{id, order.order.warehouse_id, ReservationState::kIntent, domain::SumByProduct(order.order.lines)},
                clock_.Now(),
                std::nullopt};
  if (!order.idempotency_key.empty()) {
    stored.key = {order.order.customer_id, order.idempotency_key};
    const auto [key, won] = keys_.try_emplace(*stored.key, Key{order.fingerprint, id});
    if (!won && key->second.fingerprint != order.fingerprint) return absl::AlreadyExistsError("the key made another");
    if (!won) {
      const auto made = orders_.find(key->second.order_id);
      if (made == orders_.end()) return IntentAnswer{IntentAnswer::Outcome::kPending, std::nullopt};
      return IntentAnswer{IntentAnswer::Outcome::kExists, made->second};
    }
  }
  reservations_[id] = std::move(stored);
  if (fate == SagaFate::kLost) return Away();
  return IntentAnswer{IntentAnswer::Outcome::kOpened, std::nullopt};
}

absl::StatusOr<domain::Order> MemorySagaStore::Complete(const domain::NewOrder& order,
                                                        const ports::CallContext& /*context*/) {
  const SagaFate fate = FateOf(SagaCall::kComplete);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  const auto found = reservations_.find(order.order.id.uuid());
  if (found == reservations_.end() || found->second.reservation.state != ReservationState::kIntent) return Away();
  found->second.reservation.state = ReservationState::kHeld;
  found->second.key.reset();
  domain::Order stored = order.order;
  stored.created_at = stored.updated_at = clock_.Now();
  if (domain::PaymentAtCreation(stored)) {
    stored.status = domain::OrderStatus::kProcessing;
    stored.version = 2;
  }
  orders_[order.order.id.uuid()] = stored;
  if (fate == SagaFate::kLost) return Away();
  return stored;
}

absl::StatusOr<bool> MemorySagaStore::Abandon(const ports::Abandonment& abandonment,
                                              const ports::CallContext& /*context*/) {
  const SagaFate fate = FateOf(SagaCall::kAbandon);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  const auto found = reservations_.find(abandonment.id);
  if (found == reservations_.end() || orders_.contains(abandonment.id)) return false;
  Stored& stored = found->second;
  const bool intent = stored.reservation.state == ReservationState::kIntent;
  if (!intent && (abandonment.only_an_intent || stored.reservation.state != ReservationState::kReleased)) return false;
  if (intent) {
    stored.reservation.state = ReservationState::kReleased;
    if (stored.key) keys_.erase(*stored.key);
    stored.key.reset();
  }
  switch (abandonment.release) {
    case IntentRelease::kNone:
      break;
    case IntentRelease::kOnce:
      AddStepsLocked(abandonment.id, {"release"}, abandonment.reason);
      break;
    case IntentRelease::kTwice:
      AddStepsLocked(abandonment.id, {"release", "release_again"}, abandonment.reason);
      break;
  }
  if (fate == SagaFate::kLost) return Away();
  return intent || abandonment.release != IntentRelease::kNone;
}

absl::StatusOr<std::optional<domain::Order>> MemorySagaStore::Made(const domain::NewOrder& order,
                                                                   const ports::CallContext& /*context*/) {
  if (FateOf(SagaCall::kMade) != SagaFate::kAnswer) return Away();
  const std::scoped_lock lock(mutex_);
  const auto key = keys_.find({order.order.customer_id, order.idempotency_key});
  if (key == keys_.end() || key->second.fingerprint != order.fingerprint) return std::nullopt;
  const auto made = orders_.find(key->second.order_id);
  return made == orders_.end() ? std::nullopt : std::optional(made->second);
}

absl::StatusOr<std::vector<domain::Uuid>> MemorySagaStore::Left(absl::Duration age, int limit) {
  if (FateOf(SagaCall::kLeft) != SagaFate::kAnswer) return Away();
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<absl::Time, domain::Uuid>> left;
  for (const auto& [id, stored] : reservations_) {
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
  if (FateOf(SagaCall::kClaim) != SagaFate::kAnswer) return Away();
  const std::scoped_lock lock(mutex_);
  const absl::Time now = clock_.Now();
  std::vector<std::pair<absl::Time, domain::Uuid>> due;
  for (const auto& [id, row] : settlements_) {
    if (row.due_at <= now && row.claimed_until < now) due.emplace_back(row.due_at, id);
  }
  std::sort(due.begin(), due.end());
  const domain::Uuid claim = ids_.NewId();
  std::vector<Settlement> claimed;
  for (const auto& [due_at, id] : due) {
    if (static_cast<int>(claimed.size()) == limit) break;
    Row& row = settlements_.at(id);
    row.claim = claim;
    row.claimed_until = now + claim_for;
    Settlement& settlement = claimed.emplace_back();
    settlement.reservation = reservations_.at(id).reservation;
    ReadStep(row.steps.front(), settlement);
    settlement.last = row.steps.size() == 1;
    settlement.reason = row.reason;
    settlement.attempts = row.attempts;
    settlement.age = now - row.created_at;
    settlement.claim = claim;
  }
  return claimed;
}

MemorySagaStore::Row* MemorySagaStore::ClaimedLocked(const Settlement& settlement) {
  const auto found = settlements_.find(settlement.reservation.id);
  return found == settlements_.end() || found->second.claim != settlement.claim ? nullptr : &found->second;
}

void MemorySagaStore::StepDoneLocked(const Settlement& settlement, absl::Duration next_in) {
  Row* row = ClaimedLocked(settlement);
  if (row == nullptr) return;
  told_.push_back({settlement.reservation.id, settlement.step, true, next_in});
  row->steps.pop_front();
  row->attempts = 0;
  row->last_error.clear();
  row->claim = {};
  row->claimed_until = absl::InfinitePast();
  row->due_at = clock_.Now() + next_in;
  if (row->steps.empty()) settlements_.erase(settlement.reservation.id);
}

absl::Status MemorySagaStore::Done(const Settlement& settlement, absl::Duration next_in) {
  const SagaFate fate = FateOf(SagaCall::kDone);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  StepDoneLocked(settlement, next_in);
  return fate == SagaFate::kLost ? Away() : absl::OkStatus();
}

absl::Status MemorySagaStore::Retry(const Settlement& settlement, absl::Duration delay, const std::string& error) {
  const SagaFate fate = FateOf(SagaCall::kRetry);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  if (Row* row = ClaimedLocked(settlement)) {
    told_.push_back({settlement.reservation.id, settlement.step, false, delay});
    if (settlement.step == SettlementStep::kRestock) row->steps.front() = absl::StrCat("restock ", settlement.item);
    ++row->attempts;
    row->last_error = error;
    row->claim = {};
    row->claimed_until = absl::InfinitePast();
    row->due_at = clock_.Now() + delay;
  }
  return fate == SagaFate::kLost ? Away() : absl::OkStatus();
}

absl::StatusOr<bool> MemorySagaStore::MarkRestocking(const Settlement& settlement) {
  const SagaFate fate = FateOf(SagaCall::kMarkRestocking);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  Row* row = ClaimedLocked(settlement);
  const bool mark = row != nullptr && row->claimed_until > clock_.Now() && row->steps.front().starts_with("restock ");
  if (mark) row->steps.front() = absl::StrCat("restocking ", settlement.item);
  if (fate == SagaFate::kLost) return Away();
  return mark;
}

absl::Status MemorySagaStore::InDoubt(const Settlement& settlement, const std::string& /*why*/) {
  const SagaFate fate = FateOf(SagaCall::kInDoubt);
  if (fate == SagaFate::kFailed) return Away();
  const std::scoped_lock lock(mutex_);
  const std::pair<domain::Uuid, std::size_t> restock(settlement.reservation.id, settlement.item);
  if (std::find(in_doubt_.begin(), in_doubt_.end(), restock) == in_doubt_.end()) in_doubt_.push_back(restock);
  StepDoneLocked(settlement, absl::ZeroDuration());
  return fate == SagaFate::kLost ? Away() : absl::OkStatus();
}

absl::StatusOr<ports::SettlementStats> MemorySagaStore::Stats() {
  const std::scoped_lock lock(mutex_);
  ports::SettlementStats stats;
  stats.waiting = static_cast<std::int64_t>(settlements_.size());
  stats.in_doubt = static_cast<std::int64_t>(in_doubt_.size());
  for (const auto& [id, row] : settlements_) {
    stats.oldest_age = std::max(stats.oldest_age, clock_.Now() - row.created_at);
  }
  return stats;
}

absl::StatusOr<std::vector<ports::StuckSettlement>> MemorySagaStore::Stuck(absl::Duration age, int limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<ports::StuckSettlement> stuck;
  for (const auto& [id, row] : settlements_) {
    const absl::Duration old = clock_.Now() - row.created_at;
    if (old > age) stuck.push_back({id, absl::StrJoin(row.steps, ", "), row.attempts, row.last_error, old});
  }
  std::sort(stuck.begin(), stuck.end(), [](const auto& a, const auto& b) { return a.age > b.age; });
  if (stuck.size() > static_cast<std::size_t>(limit)) stuck.resize(static_cast<std::size_t>(limit));
  return stuck;
}

}  // namespace logistics::fakes
