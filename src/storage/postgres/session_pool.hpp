#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "storage/postgres/errors.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// A bounded number of sessions for what is not batched. Thread-safe.
class SessionPool {
 public:
  SessionPool(const DatabaseOptions& options, int size);

  // Runs `read` with a free session in a read-only snapshot, so that several statements see one state. Waits for one
  // until the deadline (DEADLINE_EXCEEDED). A read whose connection broke is run once more on a new one; then
  // UNAVAILABLE.
  absl::Status Read(absl::Time deadline, const std::function<void(Session&)>& read);

  // Runs `write` with a free session in a transaction and commits it. Not run again: a lost answer leaves open whether
  // it committed, so what it does must be safe to do twice.
  absl::Status Write(absl::Time deadline, const std::function<void(Session&)>& write);

 private:
  SessionSlot* Borrow(absl::Time deadline);
  void Return(SessionSlot* slot);

  std::vector<std::unique_ptr<SessionSlot>> slots_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<SessionSlot*> free_;  // guarded by mutex_
};

}  // namespace logistics::storage
