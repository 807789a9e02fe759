#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "logistics/ports/call_executor.hpp"

namespace logistics::service {

// The tasks and timers of a CallExecutor, for whatever thread runs them. It may outlive that thread: who posts later,
// such as a batch whose callers were answered at their deadline, posts into a queue that nobody reads.
class CallQueue final : public ports::CallExecutor {
 public:
  void Post(std::vector<Task> tasks) override;
  void Post(Task task);
  Timer RunAt(absl::Time time, Task task) override;
  void Cancel(const Timer& timer) override;

  // From now on `wake` is called, by any thread and under a lock, when tasks are there and Run was not called since.
  // At once where tasks wait already.
  void Attach(std::function<void()> wake);
  // `wake` is not called any more.
  void Detach();

  // Runs a bounded part of what was posted and of the timers that are due. True: there is more; it is to be called
  // again, with no wake-up, after a look at what else there is to do. On the executor's thread, as all below.
  bool Run();
  // When the next timer is due; InfiniteFuture without one.
  absl::Time next_timer() const;
  std::size_t timers() const { return timers_.size(); }

 private:
  std::mutex mutex_;
  std::vector<Task> posted_;    // guarded by mutex_
  std::function<void()> wake_;  // guarded by mutex_; null: nobody listens
  bool woken_ = false;          // guarded by mutex_

  std::vector<Task> running_;  // of the executor's thread, as all below; its memory is kept
  std::size_t ran_ = 0;        // of running_
  std::map<Timer, Task> timers_;
  std::uint64_t last_timer_ = 0;
};

}  // namespace logistics::service
