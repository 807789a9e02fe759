#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "logistics/service/calls/call_queue.hpp"

namespace logistics::fakes {

// A CallQueue on a plain thread. Its end runs what was posted and drops the timers.
class ThreadExecutor final : public ports::CallExecutor {
 public:
  ThreadExecutor() : thread_([this] { Work(); }) {
    queue_.Attach([this] { Wake([this] { woken_ = true; }); });
  }
  ~ThreadExecutor() override {
    Wake([this] { stopping_ = true; });
    thread_.join();
    queue_.Detach();
  }

  void Post(std::vector<Task> tasks) override {
    {
      const std::lock_guard lock(mutex_);
      ++posts_;
    }
    queue_.Post(std::move(tasks));
  }
  void Post(Task task) {
    std::vector<Task> tasks;
    tasks.push_back(std::move(task));
    Post(std::move(tasks));
  }
  Timer RunAt(absl::Time time, Task task) override { return queue_.RunAt(time, std::move(task)); }
  void Cancel(const Timer& timer) override { queue_.Cancel(timer); }

  bool on_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  // How often something was posted.
  std::size_t posts() const {
    const std::lock_guard lock(mutex_);
    return posts_;
  }
  // Timers that wait; on the executor's thread.
  std::size_t timers() const { return queue_.timers(); }

 private:
  template <typename Change>
  void Wake(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    wake_.notify_one();
  }

  void Work() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        const auto awaited = [this] { return woken_ || stopping_; };
        if (const absl::Time next = queue_.next_timer(); next == absl::InfiniteFuture()) {
          wake_.wait(lock, awaited);
        } else {
          wake_.wait_until(lock, absl::ToChronoTime(next), awaited);
        }
        if (stopping_ && !woken_) return;
        woken_ = false;
      }
      while (queue_.Run()) {
      }
    }
  }

  service::CallQueue queue_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::size_t posts_ = 0;  // guarded by mutex_
  bool woken_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the others
};

}  // namespace logistics::fakes
