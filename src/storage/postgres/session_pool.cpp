#include "storage/postgres/session_pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "logistics/domain/errors.hpp"

namespace logistics::storage {
namespace {

constexpr absl::Duration kComeAgainAfter = absl::Seconds(1);
// A server that refuses does so sooner.
constexpr absl::Duration kHangsAfter = absl::Seconds(2);

}  // namespace

SessionPool::SessionPool(const DatabaseOptions& options, int size, int waiting_max, const SessionPart& part)
    : statement_timeout_(options.statement_timeout), waiting_max_(waiting_max) {
  for (int i = 0; i < size; ++i) {
    slots_.push_back(std::make_unique<SessionSlot>(options, SessionUse::kQueries, part));
    free_.push_back(slots_.back().get());
  }
}

void SessionPool::KeepReady(KeepPass& pass) {
  for (const auto& slot : slots_) {
    if (pass.stop) return;
    {
      const std::lock_guard lock(mutex_);
      const auto place = std::find(free_.begin(), free_.end(), slot.get());
      if (place == free_.end() || !slot->needs_keeping()) continue;
      free_.erase(place);
    }
    if (pass.hangs.empty()) {
      const absl::Time start = absl::Now();
      const auto failure = slot->KeepReady(kReadProbe);
      const bool hangs = failure && failure->kind == FailureKind::kConnection && absl::Now() - start > kHangsAfter;
      if (hangs) pass.hangs = failure->text;
    } else {
      slot->Fails(pass.hangs);
    }
    Return(slot.get());
  }
}

absl::StatusOr<SessionSlot*> SessionPool::Borrow(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto available = [&] { return !free_.empty(); };
  if (!available()) {
    if (waiting_ >= waiting_max_) {
      return domain::RetryLaterError(absl::StatusCode::kResourceExhausted, "too many calls of this kind are waiting",
                                     kComeAgainAfter);
    }
    ++waiting_;
    const absl::Cleanup stop_waiting = [this] { --waiting_; };
    if (deadline == absl::InfiniteFuture()) {
      freed_.wait(lock, available);
    } else if (!freed_.wait_until(lock, absl::ToChronoTime(deadline), available)) {
      return absl::DeadlineExceededError("the deadline passed while waiting for the database");
    }
  }
  SessionSlot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void SessionPool::Return(SessionSlot* slot) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
  }
  freed_.notify_one();
}

absl::Status SessionPool::Run(Kind kind, const ports::CallContext& context, const std::function<void(Session&)>& work) {
  const absl::Time deadline = context.deadline;
  const absl::StatusOr<SessionSlot*> borrowed = Borrow(deadline);
  if (!borrowed.ok()) return borrowed.status();
  SessionSlot* const slot = *borrowed;
  const absl::Cleanup give_back = [&] { Return(slot); };
  if (context.cancelled && context.cancelled()) return absl::CancelledError("the call was cancelled");
  if (absl::Now() >= deadline) return absl::DeadlineExceededError("the deadline passed before the database was asked");
  const bool read = kind == Kind::kRead;
  const auto transaction = [&](Session& session) {
    std::string begin = read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
    const absl::Duration left = std::max(deadline - absl::Now(), absl::Milliseconds(1));
    if (left < statement_timeout_) {
      // Rounded up: a statement that is cancelled has passed the deadline.
      const std::int64_t ms = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
      absl::StrAppend(&begin, "; SET LOCAL statement_timeout = ", ms);
    }
    if (context.cancelled && context.cancelled()) throw std::runtime_error("the call was cancelled");
    if (context.cancelled) session.StopWhen(&context.cancelled);
    session.Script(begin);
    work(session);
    session.Script("COMMIT");
  };
  const auto failure = slot->Attempt(read ? Tries::kTwice : Tries::kOnce, transaction, deadline);
  if (!failure) return absl::OkStatus();
  if (absl::Now() >= deadline) return absl::DeadlineExceededError("the deadline passed while the database worked");
  if (context.cancelled && context.cancelled()) return absl::CancelledError("the call was cancelled");
  spdlog::warn("a {} failed: {}", read ? "read" : "write", failure->text);
  return failure->status;
}

}  // namespace logistics::storage
