// The two ways to wait for the outcome of a command: a thread that blocks, and a continuation that does not.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "storage/batch/batcher.hpp"

namespace logistics::storage {

inline absl::Status DeadlinePassedError() {
  return absl::DeadlineExceededError("the deadline passed before the outcome was known; it may still take effect");
}

// The answer to a caller who cannot wait any longer, where more is known than that its time is up: UNAVAILABLE for a
// command that waits apart in vain (it never runs), the error of a commit in doubt.
template <typename Command, typename Result>
std::optional<absl::Status> ReasonToGiveUp(Batcher<Command, Result>& batcher,
                                           const std::shared_ptr<Pending<Command, Result>>& item) {
  if (batcher.StopWaitingApart(item)) return BusyError();
  if (item->in_doubt_error != nullptr && item->in_doubt) return item->in_doubt_error(item->command);
  return std::nullopt;
}

// Blocks until the command's outcome is known or its deadline has passed (DEADLINE_EXCEEDED; it may still commit).
// Errors besides the outcome's: those of Batcher::Enqueue and, kAnswerMargin before the deadline, ReasonToGiveUp.
template <typename Command, typename Result>
absl::StatusOr<Result> RunBlocking(Batcher<Command, Result>& batcher, std::shared_ptr<Pending<Command, Result>> item) {
  const absl::Time deadline = item->context.deadline;
  item->context.cancelled = nullptr;  // not valid once the caller stops waiting
  auto promise = std::make_shared<std::promise<absl::StatusOr<Result>>>();
  std::future<absl::StatusOr<Result>> outcome = promise->get_future();
  item->done = [promise = std::move(promise)](absl::StatusOr<Result> value) { promise->set_value(std::move(value)); };
  if (absl::Status queued = batcher.Enqueue(item); !queued.ok()) return queued;
  if (deadline == absl::InfiniteFuture()) return outcome.get();
  for (const absl::Time until : {deadline - kAnswerMargin, deadline}) {
    if (outcome.wait_until(absl::ToChronoTime(until)) == std::future_status::ready) return outcome.get();
    if (const auto reason = ReasonToGiveUp(batcher, item)) return *reason;
  }
  return DeadlinePassedError();
}

// Answers through `done`, on its executor and never before the call returns, with what RunBlocking would return. On the
// executor's thread. The batcher outlives what the executor still has to run; the executor outlives the batcher.
template <typename Command, typename Result>
void RunDetached(Batcher<Command, Result>& batcher, std::shared_ptr<Pending<Command, Result>> item,
                 ports::Completion<Result> done) {
  using Item = Pending<Command, Result>;
  const absl::Time deadline = item->context.deadline;
  item->context.cancelled = nullptr;
  item->done = std::move(done.run);
  item->executor = done.executor;
  if (absl::Status queued = batcher.Enqueue(item); !queued.ok()) return Answer(std::move(item), std::move(queued));
  if (deadline == absl::InfiniteFuture()) return;
  // A command that has a timer is not answered yet, so its batcher keeps it alive.
  item->timer = item->executor->RunAt(deadline - kAnswerMargin, [&batcher, waits = item.get()] {
    const std::shared_ptr<Item> late = waits->shared_from_this();
    if (const auto reason = ReasonToGiveUp(batcher, late)) return late->Answer(*reason);
    late->timer = late->executor->RunAt(late->context.deadline, [&batcher, waits] {
      const std::shared_ptr<Item> over = waits->shared_from_this();
      over->Answer(ReasonToGiveUp(batcher, over).value_or(DeadlinePassedError()));
    });
  });
}

}  // namespace logistics::storage
