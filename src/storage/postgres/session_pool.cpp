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

absl::Status SessionPool::Read(absl::Time deadline, const std::function<void(Session&)>& read) {
  SessionSlot* slot = Borrow(deadline);
  if (slot == nullptr) return absl::DeadlineExceededError("the deadline passed while waiting for the database");
  const absl::Cleanup give_back = [&] { Return(slot); };
  for (int attempt = 1;; ++attempt) {
    try {
      Session& session = slot->Get();
      session.Script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      read(session);
      session.Script("COMMIT");
      return absl::OkStatus();
    } catch (const std::exception& error) {
      const Failure failure = TranslateException(error);
      slot->RollbackOrDrop();
      if (failure.kind != FailureKind::kConnection || attempt > 1) {
        spdlog::warn("a read failed: {}", error.what());
        return failure.status;
      }
    }
  }
}

absl::Status SessionPool::Write(absl::Time deadline, const std::function<void(Session&)>& write) {
  SessionSlot* slot = Borrow(deadline);
  if (slot == nullptr) return absl::DeadlineExceededError("the deadline passed while waiting for the database");
  const absl::Cleanup give_back = [&] { Return(slot); };
  try {
    Session& session = slot->Get();
    session.Begin();
    write(session);
    session.Script("COMMIT");
    return absl::OkStatus();
  } catch (const std::exception& error) {
    const Failure failure = TranslateException(error);
    slot->RollbackOrDrop();
    spdlog::warn("a write failed: {}", error.what());
    return failure.status;
  }
}

}  // namespace logistics::storage
