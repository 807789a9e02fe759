#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "logistics/ports/call_context.hpp"
#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

// A bounded number of sessions for work outside the batches. Thread-safe.
class SessionPool {
 public:
  // Of `waiting_max` callers that wait for a session, one more is RESOURCE_EXHAUSTED at once, with a retry hint.
  SessionPool(const DatabaseOptions& options, int size, int waiting_max = std::numeric_limits<int>::max(),
              const SessionPart& part = {});

  // One look after the sessions of one or several pools, one after the other.
  struct KeepPass {
    const std::atomic<bool>& stop;  // ends the pass before the next session
    std::string hangs;              // why, once one waited for a server that hangs
  };
  // Opens the sessions that are not open, and asks those that are idle whether they work (SessionSlot::KeepReady).
  // Behind one that waited for a server that hangs, the others are not asked and fail for its reason.
  void KeepReady(KeepPass& pass);

  // Runs `work` with a free session in a read-only snapshot, so that several statements see one state. Waits for a
  // session until the deadline, which is also the limit of its statements (DEADLINE_EXCEEDED). A read whose connection
  // is lost runs once more; then UNAVAILABLE. Returns absl::Status when `work` returns nothing, else absl::StatusOr of
  // its value.
  template <typename Work>
  auto Read(absl::Time deadline, const Work& work) {
    return Collect(Kind::kRead, {"", "", deadline}, work);
  }
  // The same for a call; a cancelled one cancels its query (CANCELLED).
  template <typename Work>
  auto Read(const ports::CallContext& context, const Work& work) {
    return Collect(Kind::kRead, context, work);
  }

  // The same in a transaction that is committed. Not run again: a lost answer leaves open whether the commit happened,
  // so `work` must be safe to do twice.
  template <typename Work>
  auto Write(absl::Time deadline, const Work& work) {
    return Collect(Kind::kWrite, {"", "", deadline}, work);
  }

 private:
  enum class Kind { kRead, kWrite };

  template <typename Work>
  auto Collect(Kind kind, const ports::CallContext& context, const Work& work) {
    using Value = std::invoke_result_t<const Work&, Session&>;
    if constexpr (std::is_void_v<Value>) {
      return Run(kind, context, work);
    } else {
      std::optional<Value> value;
      const absl::Status status = Run(kind, context, [&](Session& session) { value.emplace(work(session)); });
      return status.ok() ? absl::StatusOr<Value>(*std::move(value)) : absl::StatusOr<Value>(status);
    }
  }
  absl::Status Run(Kind kind, const ports::CallContext& context, const std::function<void(Session&)>& work);
  absl::StatusOr<SessionSlot*> Borrow(absl::Time deadline);
  void Return(SessionSlot* slot);

  const absl::Duration statement_timeout_;
  const int waiting_max_;
  std::vector<std::unique_ptr<SessionSlot>> slots_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<SessionSlot*> free_;  // guarded by mutex_
  int waiting_ = 0;                 // guarded by mutex_
};

}  // namespace logistics::storage
