#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// A bounded number of sessions for work outside the batches. Thread-safe.
class SessionPool {
 public:
  SessionPool(const DatabaseOptions& options, int size);

  // Runs `work` with a free session in a read-only snapshot, so that several statements see one state. Waits for a
  // session until the deadline (DEADLINE_EXCEEDED). A read whose connection is lost runs once more; then UNAVAILABLE.
  // Returns absl::Status when `work` returns nothing, else absl::StatusOr of its value.
  template <typename Work>
  auto Read(absl::Time deadline, const Work& work) {
    return Collect(Kind::kRead, deadline, work);
  }

  // The same in a transaction that is committed. Not run again: a lost answer leaves open whether the commit happened,
  // so `work` must be safe to do twice.
  template <typename Work>
  auto Write(absl::Time deadline, const Work& work) {
    return Collect(Kind::kWrite, deadline, work);
  }

 private:
  enum class Kind { kRead, kWrite };

  template <typename Work>
  auto Collect(Kind kind, absl::Time deadline, const Work& work) {
    using Value = std::invoke_result_t<const Work&, Session&>;
    if constexpr (std::is_void_v<Value>) {
      return Run(kind, deadline, work);
    } else {
      std::optional<Value> value;
      const absl::Status status = Run(kind, deadline, [&](Session& session) { value.emplace(work(session)); });
      return status.ok() ? absl::StatusOr<Value>(*std::move(value)) : absl::StatusOr<Value>(status);
    }
  }
  absl::Status Run(Kind kind, absl::Time deadline, const std::function<void(Session&)>& work);
  SessionSlot* Borrow(absl::Time deadline);
  void Return(SessionSlot* slot);

  std::vector<std::unique_ptr<SessionSlot>> slots_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<SessionSlot*> free_;  // guarded by mutex_
};

}  // namespace logistics::storage
