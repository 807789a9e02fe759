#include "logistics/service/saga/settler.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "logistics/base/backoff.hpp"

namespace logistics::service {

using ports::CallContext;
using ports::PeerSettled;
using ports::Settlement;
using StepKind = domain::SagaStep::Kind;

namespace {

// Between looks for rows that became due, or whose wake-up went to another replica or got lost.
constexpr std::chrono::milliseconds kPoll{500};
// Above the longest call of the client. A row whose claim is half over is left to the next claim.
constexpr absl::Duration kClaimTime = absl::Seconds(60);
constexpr absl::Duration kCallTime = absl::Seconds(25);
constexpr absl::Duration kRetryMin = absl::Milliseconds(250);
constexpr absl::Duration kRetryMax = absl::Seconds(15);
// The breaker may close early, after the success of another call.
constexpr absl::Duration kPauseMax = absl::Seconds(5);
constexpr absl::Duration kStatsEvery = absl::Seconds(5);
constexpr int kIntentsPage = 500;
constexpr int kStuckNamedMax = 5;

ports::Counter& NothingPendingCounter(ports::Metrics& metrics, const char* step) {
  return metrics.GetCounter("logistics_settlements_nothing_pending_total",
                            "Steps for which the inventory service held nothing", {{"step", step}});
}

}  // namespace

Settler::Settler(ports::SettlementStore& settlements, ports::IntentStore& intents, ports::InventoryPeer& peer,
                 ports::IdGenerator& ids, const SagaOptions& options, ports::Metrics& metrics)
    : settlements_(settlements),
      intents_(intents),
      peer_(peer),
      ids_(ids),
      options_(options),
      done_(metrics.GetCounter("logistics_settlements_total", "Steps that the inventory service confirmed")),
      failed_(metrics.GetCounter("logistics_settlement_failures_total",
                                 "Steps that the inventory service did not confirm and that are tried again")),
      recovered_(metrics.GetCounter("logistics_intents_recovered_total", "Intents that a crash left, released")),
      nothing_to_release_(NothingPendingCounter(metrics, "release")),
      nothing_to_commit_(NothingPendingCounter(metrics, "commit")),
      paused_(metrics.GetCounter("logistics_settlement_pauses_total",
                                 "Times that settlements waited because the breaker was open")),
      waiting_(metrics.GetGauge("logistics_settlements_waiting",
                                "Reservations with a settlement that waits; counted up to 10,000")),
      oldest_seconds_(metrics.GetGauge("logistics_settlements_oldest_seconds", "Age of the oldest of these")),
      stuck_(metrics.GetGauge("logistics_settlements_stuck",
                              "Settlements older than inventory.remote.settle_alarm_after, 100 at most")),
      in_doubt_(metrics.GetGauge("logistics_restocks_in_doubt",
                                 "Restocks that were sent and not answered: a person has to look")) {}

void Settler::Start() {
  for (int i = 0; i < options_.settle_concurrency; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { Watch(stop); });
}

void Settler::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void Settler::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Settler::Work(const std::stop_token& stop) {
  while (std::optional<Claimed> claimed = Next(stop)) {
    if (Clock::now() < claimed->drop_at) Settle(claimed->settlement);
  }
}

std::optional<Settler::Claimed> Settler::Next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!queue_.empty()) {
      Claimed next = std::move(queue_.front());
      queue_.pop_front();
      return next;
    }
    if (!claiming_ && (woken_ || Clock::now() >= claim_at_)) {
      woken_ = false;
      // While the breaker is open each claimed row would fail at once and come back, for ever.
      if (const absl::Duration pause = peer_.NotAskedFor(); pause > absl::ZeroDuration()) {
        claim_at_ = Clock::now() + std::max(kPoll, absl::ToChronoMilliseconds(std::min(pause, kPauseMax)));
        paused_.Increment();
        continue;
      }
      claiming_ = true;
      lock.unlock();
      std::vector<Claimed> claimed = Claim();
      lock.lock();
      claiming_ = false;
      claim_at_ = Clock::now() + kPoll;
      // A full page: there is more.
      if (claimed.size() >= static_cast<std::size_t>(options_.settle_concurrency)) woken_ = true;
      std::move(claimed.begin(), claimed.end(), std::back_inserter(queue_));
      changed_.notify_all();
      continue;
    }
    // The thread that claims wakes the others when it is done.
    const Clock::time_point until = claiming_ ? Clock::now() + kPoll : claim_at_;
    changed_.wait_until(lock, stop, until, [this] { return !queue_.empty() || (woken_ && !claiming_); });
  }
  return std::nullopt;
}

std::vector<Settler::Claimed> Settler::Claim() {
  const Clock::time_point drop_at = Clock::now() + absl::ToChronoMilliseconds(kClaimTime / 2);
  absl::StatusOr<std::vector<Settlement>> rows = settlements_.Claim(options_.settle_concurrency, kClaimTime);
  std::vector<Claimed> claimed;
  if (!rows.ok()) return claimed;  // logged by the store; the next poll tries again
  for (Settlement& row : *rows) claimed.push_back({std::move(row), drop_at});
  return claimed;
}

void Settler::Settle(const Settlement& settlement) {
  const domain::Uuid& id = settlement.reservation.id;
  const CallContext context{absl::StrCat("settle-", ids_.NewId().ToString()), "", absl::Now() + kCallTime};
  switch (settlement.step.kind) {
    case StepKind::kRelease:
    case StepKind::kReleaseAgain:
      return Conclude(settlement, peer_.Release(id, settlement.reason, context));
    case StepKind::kCommit:
      return Conclude(settlement, peer_.Commit(id, context));
    case StepKind::kRestock:
      return Restock(settlement, context);
    case StepKind::kRestocking:
      return ListInDoubt(settlement, "the replica that sent it did not note the answer");
  }
}

void Settler::Conclude(const Settlement& settlement, const absl::StatusOr<PeerSettled>& answer) {
  if (!answer.ok()) return Retry(settlement, answer.status());
  // "Nothing pending" ends the step too: it was done before, or nothing was held yet, hence the second release.
  const bool again_follows = settlement.step.kind == StepKind::kRelease && !settlement.last;
  const absl::Status noted =
      settlements_.Done(settlement, again_follows ? options_.release_again_after : absl::ZeroDuration());
  if (!noted.ok()) return;  // logged by the store; the claim runs out and the step is sent again
  done_.Increment();
  if (*answer == PeerSettled::kNothingPending) NoteNothingPending(settlement);
  if (!settlement.last && !again_follows) Wake();
}

void Settler::NoteNothingPending(const Settlement& settlement) {
  const bool commit = settlement.step.kind == StepKind::kCommit;
  (commit ? nothing_to_commit_ : nothing_to_release_).Increment();
  // Other releases are of intents, which may have held nothing. An earlier try without an answer may have done it.
  const bool was_held =
      commit ? settlement.reason != ports::kRequeuedReason : settlement.reason == ports::kCancelledReason;
  if (!was_held || settlement.attempts > 0) return;
  spdlog::warn(
      "the inventory service holds nothing of reservation {}, which is now {}: another client ended it there, or "
      "the service started anew and has forgotten it",
      settlement.reservation.id.ToString(), commit ? "committed" : "released");
}

void Settler::Restock(const Settlement& settlement, const CallContext& context) {
  const absl::StatusOr<bool> marked = settlements_.MarkRestocking(settlement);
  if (!marked.ok() || !*marked) return;
  const domain::StockItem& item = settlement.reservation.items.at(settlement.step.item);
  bool sent = true;
  const absl::StatusOr<ports::LevelRow> level = peer_.Adjust({{item.product_id, settlement.reservation.warehouse_id},
                                                              item.quantity,
                                                              settlement.reason,
                                                              settlement.reservation.id.ToString()},
                                                             context, sent);
  if (level.ok()) return Conclude(settlement, PeerSettled::kDone);
  if (!sent) return Retry(settlement, level.status());
  spdlog::error("the restock of {} pieces of {} of reservation {} is in doubt: {}", item.quantity, item.sku,
                settlement.reservation.id.ToString(), level.status().ToString());
  ListInDoubt(settlement, level.status().ToString());
}

void Settler::ListInDoubt(const Settlement& settlement, const std::string& why) {
  const absl::Status listed = settlements_.InDoubt(settlement, why);
  // Where that failed, the next claim finds kRestocking and lists it. Never a Retry, which would send it again.
  if (listed.ok() && !settlement.last) Wake();
}

void Settler::Retry(const Settlement& settlement, const absl::Status& error) {
  failed_.Increment();
  absl::Duration delay;
  {
    const std::lock_guard lock(mutex_);
    delay = base::BackoffDelay(kRetryMin, kRetryMax, settlement.attempts, random_);
  }
  spdlog::debug("reservation {} could not be settled ({}), next try in {}", settlement.reservation.id.ToString(),
                error.ToString(), absl::FormatDuration(delay));
  const absl::Status noted = settlements_.Retry(settlement, delay, error.ToString());
  // Logged by the store; the claim runs out instead.
  if (!noted.ok()) spdlog::debug("reservation {} stays claimed", settlement.reservation.id.ToString());
}

void Settler::Watch(const std::stop_token& stop) {
  const auto turn = absl::ToChronoNanoseconds(std::min(kStatsEvery, options_.recover_every));
  Clock::time_point recover_at = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    const bool recover = Clock::now() >= recover_at;
    if (recover) {
      recover_at = Clock::now() + absl::ToChronoNanoseconds(options_.recover_every);
      RecoverIntents(stop);
    }
    UpdateStats(recover);
    lock.lock();
    watch_.wait_for(lock, stop, turn, [] { return false; });
  }
}

void Settler::RecoverIntents(const std::stop_token& stop) {
  for (;;) {
    const absl::StatusOr<std::vector<domain::Uuid>> left = intents_.Left(options_.intent_ttl, kIntentsPage);
    if (!left.ok()) return;  // logged by the store; the next turn tries again
    for (const domain::Uuid& id : *left) {
      if (stop.stop_requested()) return;  // another start, or another replica, goes on
      const CallContext context{absl::StrCat("recovery-", ids_.NewId().ToString()), "", absl::Now() + kCallTime};
      const absl::StatusOr<bool> abandoned =
          intents_.Abandon({id, ports::IntentRelease::kTwice, "left by a crash", /*only_an_intent=*/true}, context);
      if (!abandoned.ok()) {
        spdlog::warn("the intent {} could not be abandoned: {}", id.ToString(), abandoned.status().ToString());
        return;
      }
      if (*abandoned) recovered_.Increment();
    }
    if (!left->empty()) {
      spdlog::warn("{} orders were left in the making for over {} and are abandoned; their stock is released",
                   left->size(), absl::FormatDuration(options_.intent_ttl));
      Wake();
    }
    if (left->size() < static_cast<std::size_t>(kIntentsPage)) return;
  }
}

void Settler::UpdateStats(bool name_stuck) {
  const absl::StatusOr<ports::SettlementStats> stats = settlements_.Stats();
  if (!stats.ok()) return;  // logged by the store
  waiting_.Set(static_cast<double>(stats->waiting));
  in_doubt_.Set(static_cast<double>(stats->in_doubt));
  oldest_seconds_.Set(absl::ToDoubleSeconds(stats->oldest_age));
  const bool alarm = stats->oldest_age > options_.settle_alarm_after;
  const auto stuck = alarm ? settlements_.Stuck(options_.settle_alarm_after, 100)
                           : absl::StatusOr<std::vector<ports::StuckSettlement>>(std::vector<ports::StuckSettlement>());
  if (!stuck.ok()) return;
  stuck_.Set(static_cast<double>(stuck->size()));
  for (std::size_t i = 0; name_stuck && i < std::min<std::size_t>(stuck->size(), kStuckNamedMax); ++i) {
    const ports::StuckSettlement& row = (*stuck)[i];
    spdlog::error("reservation {} could not be settled ({}) for {}, {} tries: {}", row.reservation_id.ToString(),
                  row.steps, absl::FormatDuration(row.age), row.attempts, row.last_error);
  }
}

}  // namespace logistics::service
