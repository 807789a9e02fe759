#include "storage/batch/write_executor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "logistics/base/backoff.hpp"
#include "storage/batch/commit.hpp"
#include "storage/batch/store_effects.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/rows/level_rows.hpp"

namespace logistics::storage {
namespace {

// Changes no row and locks none; the server refuses it where it would refuse a commit.
constexpr Statement kProbeWrites = {"probe_writes", "SELECT 1 FROM commit_lock WHERE false FOR UPDATE"};
constexpr int kAttemptsMax = 5;
constexpr absl::Duration kBackoffFirst = absl::Milliseconds(20);
constexpr absl::Duration kBackoffMax = absl::Seconds(1);
// How long a commit in doubt is asked after for commands without a deadline; for others, as long as one of them waits.
constexpr absl::Duration kResolveMax = absl::Seconds(30);

DatabaseOptions WithBatchLockTimeout(DatabaseOptions options) {
  options.lock_timeout = std::min(options.lock_timeout, options.batch_lock_timeout);
  return options;
}

std::vector<commands::Item> ItemsOf(const WriteBatch& batch) {
  std::vector<commands::Item> items;
  items.reserve(batch.size());
  for (const auto& item : batch) {
    items.emplace_back(item->command, commands::Cause{item->context.correlation_id, item->context.traceparent});
  }
  return items;
}

}  // namespace

WriteExecutor::WriteExecutor(WriterDeps deps, Use use)
    : deps_(std::move(deps)),
      use_(use),
      session_(WithBatchLockTimeout(deps_.options), SessionUse::kByKey, deps_.part),
      rows_(session_, deps_.contested, deps_.products, deps_.options),
      random_(std::random_device{}()),
      batches_(deps_.metrics.GetCounter("logistics_batches_total", "Write batches committed")),
      commands_(deps_.metrics.GetCounter("logistics_batch_commands_total", "Commands decided in write batches")),
      retries_(deps_.metrics.GetCounter("logistics_batch_retries_total", "Write batches run again")),
      taken_apart_(deps_.metrics.GetCounter("logistics_batches_taken_apart_total",
                                            "Write batches that failed and were run one command at a time")),
      in_doubt_(deps_.metrics.GetCounter("logistics_commits_in_doubt_total", "Commits whose answer was lost")),
      restocks_refused_(deps_.metrics.GetCounter("logistics_restocks_refused_total",
                                                 "Restocks whose level would have risen above its limit")),
      batch_size_(deps_.metrics.GetHistogram("logistics_batch_size", "Commands in a write batch",
                                             {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      batch_seconds_(deps_.metrics.GetHistogram("logistics_batch_seconds", "Time of a write batch, retries included",
                                                ports::LatencyBounds())) {}

WriteBatch WriteExecutor::Execute(const WriteBatch& batch) {
  const absl::Time start = absl::Now();
  batch_size_.Observe(static_cast<double>(batch.size()));
  commands_.Increment(static_cast<double>(batch.size()));
  WriteBatch apart;
  if (use_ == Use::kBatches) {
    RunTogether(batch, apart);
  } else {
    for (const auto& item : batch) RunApart(item);
  }
  batch_seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  return apart;
}

void WriteExecutor::KeepReady() {
  // Behind a failure, since the server may refuse only what is written, a real commit is tried.
  const auto failure = session_.KeepReady(session_.works() ? kProbeWrites : kProbeCommit);
  if (!failure || session_.works()) return;
  if (failure->kind == FailureKind::kTransient) return session_.Fails(failure->text);
  if (failure->kind == FailureKind::kLocked) JudgeWait(*failure);
}

void WriteExecutor::JudgeWait(const Failure& failure) {
  bool others_commit = false;
  const auto unknown = session_.Attempt(Tries::kOnce, [&](PipelineSession& session) {
    others_commit = OthersCommit(session, deps_.options.lock_timeout);
  });
  if (unknown && unknown->kind == FailureKind::kConnection) return;
  if (!others_commit) rows_.EndStalled();
  // Where they do, the lock of commits is busy, and comes in time.
  others_commit ? session_.Works() : session_.Fails(failure.text);
}

void WriteExecutor::RunTogether(WriteBatch batch, WriteBatch& apart) {
  while (!batch.empty()) {
    Outcomes outcomes;
    const TryOutcome tried = RunToEnd(batch, outcomes);
    if (tried.result == Try::kDone) {
      return AnswerAll(batch, [&](std::size_t i) { return std::move(outcomes[i]); });
    }
    if (tried.result == Try::kContested) {
      WriteBatch rest;
      for (std::size_t i = 0; i < batch.size(); ++i)
        (rows_.NeedsContested(*batch[i], i) ? apart : rest).push_back(batch[i]);
      if (rest.size() < batch.size()) {
        spdlog::warn("{} of {} commands need a row that is locked, and run apart", batch.size() - rest.size(),
                     batch.size());
        batch = std::move(rest);
        continue;
      }
      // The row has become free since the batch looked.
      if (tried.before_any_wait) continue;
    }
    // Of a batch that was busy to the last, one command may be the reason. Without a connection none is.
    const bool one_at_fault = tried.result == Try::kFailed || tried.result == Try::kContested ||
                              (tried.result == Try::kAgain && IsBusy(tried.status));
    if (one_at_fault && batch.size() > 1) {
      taken_apart_.Increment();
      spdlog::warn("a batch of {} failed and is run one by one: {}", batch.size(), tried.status.ToString());
      return RunOneByOne(batch, apart);
    }
    if (tried.result == Try::kContested) return GiveBack(batch.front(), apart);
    return AnswerAll(batch, [&](std::size_t i) { return StatusOf(tried, *batch[i]); });
  }
}

void WriteExecutor::RunOneByOne(const WriteBatch& batch, WriteBatch& apart) {
  for (const auto& item : batch) {
    Outcomes outcomes;
    const TryOutcome alone = RunToEnd({item}, outcomes);
    if (alone.result == Try::kDone) {
      Answer(item, std::move(outcomes[0]));
    } else if (alone.result == Try::kContested) {
      GiveBack(item, apart);
    } else {
      Answer(item, StatusOf(alone, *item));
    }
  }
}

void WriteExecutor::GiveBack(const std::shared_ptr<PendingWrite>& item, WriteBatch& apart) {
  // Where no row is found, another transaction has taken its idempotency key, SKU or payment.
  if (!rows_.NeedsContested(*item, 0)) {
    for (const std::size_t key : item->conflict_keys) deps_.contested.Add(key);
  }
  apart.push_back(item);
}

void WriteExecutor::RunApart(const std::shared_ptr<PendingWrite>& item) {
  // Long enough for Postgres to end a frozen replica's transaction. The caller's own margin is for the answer.
  const absl::Time give_up =
      std::min(absl::Now() + deps_.options.lock_timeout * 2, item->context.deadline - 2 * kAnswerMargin);
  for (;;) {
    Outcomes outcomes;
    const TryOutcome tried = RunToEnd({item}, outcomes);
    if (tried.result == Try::kDone) {
      rows_.Forget(*item);
      return Answer(item, std::move(outcomes[0]));
    }
    if (tried.result != Try::kContested || !rows_.Await(*item, give_up)) {
      return Answer(item, StatusOf(tried, *item));
    }
  }
}

absl::Status WriteExecutor::StatusOf(const TryOutcome& tried, const PendingWrite& item) {
  return tried.result == Try::kUnknown ? commands::InDoubtError(item.command) : tried.status;
}

WriteExecutor::TryOutcome WriteExecutor::RunToEnd(const WriteBatch& batch, Outcomes& outcomes) {
  for (int attempt = 1;; ++attempt) {
    TryOutcome tried = RunOnce(batch, outcomes);
    if (tried.result != Try::kAgain) return tried;
    if (attempt >= kAttemptsMax || !AnyoneWaits(batch)) return tried;
    retries_.Increment();
    Backoff(attempt);
  }
}

WriteExecutor::TryOutcome WriteExecutor::RunOnce(const WriteBatch& batch, Outcomes& outcomes) {
  const domain::Uuid batch_id = deps_.ids.NewId();
  const std::vector<commands::Item> items = ItemsOf(batch);
  // statement_timeout is for each statement of a message: all of a batch have a limit of their own.
  const absl::Duration batch_time = deps_.options.statement_timeout + ServerWaits::kAnswerMargin;
  bool committing = false;           // from the first byte of the message that ends with COMMIT
  std::size_t commit_at = 0;         // in that message
  std::size_t levels_at = kNoPlace;  // in the message that locks them
  std::vector<commands::RefusedRestock> refused_restocks;
  try {
    const absl::Time now = ToMicroseconds(deps_.clock.Now());
    LevelsOfItems& levels = rows_.Begin(items.size());
    PipelineSession& session = session_.Get();
    session.LimitWaits(batch_time, absl::Now() + batch_time);
    session.Queue("BEGIN");
    commands::State state;
    LoadState(session, items, deps_.products, levels, state);
    if (rows_.AnyLevelContested()) {
      session_.RollbackOrDrop();
      return {Try::kContested, BusyError(), true};
    }
    levels_at = session.next_place();
    LockLevels(session, rows_.Levels(), state);
    session.Run();
    commands::Decision decision = commands::Decide(items, state, deps_.options.stock_policy, deps_.ids, now);
    outcomes = std::move(decision.outcomes);
    if (decision.effects.empty()) {
      session_.RollbackOrDrop();
      return {Try::kDone, absl::OkStatus()};
    }
    StatementGroup effects = StoreEffects(items, decision, deps_.encoder, batch_id, now);
    refused_restocks = decision.effects.refused_restocks;
    commit_at = effects.size();
    std::move(effects).QueueTo(session);
    QueueCommit(session, batch_id, deps_.options.lock_timeout);
    committing = true;
    if (ending_) ending_();
    session.Run();
    session_.Works();
  } catch (const std::exception& error) {
    const Failure failure = TranslateException(error);
    session_.RollbackOrDrop(failure);
    // A server that answers and stays has said no. With the session gone it may have said yes, and so it may where a
    // pooler answers in its place (08007, transaction resolution unknown).
    const std::size_t place = PlaceOf(error);
    const bool refused =
        (place < commit_at && failure.unprepared) || (session_.open() && failure.kind != FailureKind::kConnection);
    if (committing && !refused) {
      const TryOutcome resolved = ResolveInDoubt(batch_id, batch);
      if (resolved.result == Try::kDone) Report(refused_restocks);
      return resolved;
    }
    if (failure.kind == FailureKind::kLocked) {
      if (!committing || place < commit_at) {
        const bool at_levels = committing || place >= levels_at;
        return {rows_.RememberLocked(items, at_levels) ? Try::kContested : Try::kAgain, failure.status};
      }
      // The commit of another writer holds the lock of commits: no row of a command is in the way.
      JudgeWait(failure);
    }
    if (failure.kind == FailureKind::kConnection) {
      spdlog::warn("a write batch lost its connection: {}", error.what());
    } else if (failure.kind == FailureKind::kTransient) {
      spdlog::info("a write batch is run again: {}", error.what());
    }
    return {failure.kind == FailureKind::kPermanent ? Try::kFailed : Try::kAgain, failure.status};
  }
  batches_.Increment();
  deps_.on_commit();
  Report(refused_restocks);
  return {Try::kDone, absl::OkStatus()};
}

void WriteExecutor::Report(const std::vector<commands::RefusedRestock>& restocks) {
  for (const commands::RefusedRestock& row : restocks) {
    restocks_refused_.Increment();
    spdlog::error(
        "{} pieces of {} of order {} did not go back to product {} in warehouse {}, and are listed in the table "
        "restocks_refused: {}",
        row.quantity, row.sku, row.reservation_id.ToString(), row.level.product_id.ToString(),
        row.level.warehouse_id.ToString(), row.reason);
  }
}

WriteExecutor::TryOutcome WriteExecutor::ResolveInDoubt(const domain::Uuid& batch_id, const WriteBatch& batch) {
  in_doubt_.Increment();
  spdlog::warn("the answer to a commit of {} commands was lost; asking whether it happened", batch.size());
  MarkInDoubt(batch, true);
  const absl::Time start = absl::Now();
  const absl::Time give_up = start + kResolveMax;
  for (int attempt = 1; attempt == 1 || AnyoneWaits(batch, give_up); ++attempt) {
    try {
      const bool committed = WasCommitted(session_.Get(), batch_id);
      MarkInDoubt(batch, false);
      spdlog::warn("the commit in doubt {}", committed ? "happened" : "did not happen and never will");
      if (!committed) return {Try::kAgain, UnavailableError("the database became unavailable during the commit")};
      batches_.Increment();
      deps_.on_commit();
      return {Try::kDone, absl::OkStatus()};
    } catch (const std::exception& error) {
      const Failure failure = TranslateException(error);
      session_.RollbackOrDrop(failure);
      const bool last = failure.kind == FailureKind::kPermanent || !AnyoneWaits(batch, give_up);
      if (last || absl::Now() - start > deps_.options.lock_timeout) session_.Fails(failure.text);
      if (failure.kind == FailureKind::kPermanent) {
        spdlog::error("the commit in doubt cannot be resolved: {}", error.what());
        break;
      }
      Backoff(attempt);
    }
  }
  // Not answered as failed: it may have happened.
  return {Try::kUnknown, absl::OkStatus()};
}

void WriteExecutor::Backoff(int attempt) {
  absl::SleepFor(base::BackoffDelay(kBackoffFirst, kBackoffMax, attempt, random_));
}

}  // namespace logistics::storage
