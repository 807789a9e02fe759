#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace logistics::service {

// Threads for calls that block. A thread is made when work comes and none is idle, threads_max at most. Thread-safe.
class WorkerPool {
 public:
  using Work = absl::AnyInvocable<void() &&>;

  // Takes `work_max` works at once, those that wait for a thread included.
  WorkerPool(int threads_max, int work_max);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and nothing is taken, when work_max are there already or the pool has stopped.
  bool TryRun(Work work);

  // Runs what was taken to its end. Not from a work.
  void Stop();

  int work_max() const { return work_max_; }

 private:
  void RunWorks();

  const std::size_t threads_max_;
  const int work_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;            // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_, but for their end
  int taken_ = 0;                     // waiting and running; guarded by mutex_
  std::size_t idle_ = 0;              // threads that wait for work; guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_
};

}  // namespace logistics::service
