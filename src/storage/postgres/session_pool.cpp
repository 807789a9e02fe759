#include "storage/postgres/session_pool.hpp"

#include <spdlog/spdlog.h>

#include "absl/cleanup/cleanup.h"

namespace logistics::storage {

SessionPool::SessionPool(const DatabaseOptions& options, int size) {
  for (int i = 0; i < size; ++i) {
    slots_.push_back(std::make_unique<SessionSlot>(options, SessionUse::kQueries));
    free_.push_back(slots_.back().get());
  }
}

SessionSlot* SessionPool::Borrow(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  const auto available = [&] { return !free_.empty(); };
  if (deadline == absl::InfiniteFuture()) {
    freed_.wait(lock, available);
  } else if (!freed_.wait_until(lock, absl::ToChronoTime(deadline), available)) {
    return nullptr;
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

absl::Status SessionPool::Run(Kind kind, absl::Time deadline, const std::function<void(Session&)>& work) {
  SessionSlot* slot = Borrow(deadline);
  if (slot == nullptr) return absl::DeadlineExceededError("the deadline passed while waiting for the database");
  const absl::Cleanup give_back = [&] { Return(slot); };
  const bool read = kind == Kind::kRead;
  const std::optional<Failure> failure = slot->Attempt(
      read ? Tries::kTwice : Tries::kOnce,
      [&](Session& session) {
        session.Script(read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN");
        work(session);
        session.Script("COMMIT");
      },
      deadline);
  if (!failure) return absl::OkStatus();
  if (absl::Now() >= deadline) return absl::DeadlineExceededError("the deadline passed while the database worked");
  spdlog::warn("a {} failed: {}", read ? "read" : "write", failure->text);
  return failure->status;
}

}  // namespace logistics::storage
