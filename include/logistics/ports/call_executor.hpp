#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace logistics::ports {

// The one thread on which calls go on that hold no thread while they wait. Its tasks run one after the other, and none
// may block.
class CallExecutor {
 public:
  using Task = absl::AnyInvocable<void() &&>;
  using Timer = std::pair<absl::Time, std::uint64_t>;  // its time, and a number of its own; number 0 names no timer
  virtual ~CallExecutor() = default;

  // Runs the tasks in their order, with one wake-up for all. From any thread, the executor's own included; no task has
  // run when it returns.
  virtual void Post(std::vector<Task> tasks) = 0;

  // Runs the task at `time` or somewhat later, unless it is cancelled. On the executor's thread only.
  virtual Timer RunAt(absl::Time time, Task task) = 0;
  // Has no effect on a task that has run. On the executor's thread only.
  virtual void Cancel(const Timer& timer) = 0;
};

// Who gets the outcome of a call that does not block its caller: `run` is called once, on the executor's thread.
template <typename T>
struct Completion {
  CallExecutor* executor = nullptr;  // not null, and outlives the call
  absl::AnyInvocable<void(absl::StatusOr<T>) &&> run;
};

}  // namespace logistics::ports
