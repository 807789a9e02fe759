#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace logistics::base {

// Ends waits that a library would never end: of a peer that is stopped, the kernel still acknowledges every byte. One
// thread for all sockets of the process shuts a socket down when its wait takes too long; the library then finds the
// connection lost. Thread-safe.
class SocketWatchdog {
 public:
  using Clock = std::chrono::steady_clock;

  static SocketWatchdog& OfProcess() {
    static SocketWatchdog watchdog;
    return watchdog;
  }

  // `fd` is shut down at `deadline`, or within kCancelLook after `cancelled` has become true (null: never), unless it
  // is disarmed before. Armed again, the later call counts. Costs a lock, mostly no system call. Both are the caller's
  // own and there until it is disarmed.
  void Arm(int fd, Clock::time_point deadline, const std::function<bool()>* cancelled = nullptr) {
    const Wait wait = {deadline, cancelled};
    const std::lock_guard lock(mutex_);
    waits_[fd] = wait;
    if (NextLook(wait, Clock::now()) < next_look_) earlier_.notify_one();
  }
  void Disarm(int fd) {
    const std::lock_guard lock(mutex_);
    waits_.erase(fd);
  }

 private:
  static constexpr std::chrono::milliseconds kCancelLook{100};
  struct Wait {
    Clock::time_point deadline;
    const std::function<bool()>* cancelled = nullptr;
  };
  static Clock::time_point NextLook(const Wait& wait, Clock::time_point now) {
    return wait.cancelled == nullptr ? wait.deadline : std::min(wait.deadline, now + kCancelLook);
  }

  SocketWatchdog() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      const Clock::time_point now = Clock::now();
      next_look_ = Clock::time_point::max();
      for (auto entry = waits_.begin(); entry != waits_.end();) {
        const Wait& wait = entry->second;
        if (wait.deadline <= now || (wait.cancelled != nullptr && (*wait.cancelled)())) {
          ::shutdown(entry->first, SHUT_RDWR);
          entry = waits_.erase(entry);
          continue;
        }
        next_look_ = std::min(next_look_, NextLook(wait, now));
        ++entry;
      }
      const auto must_look = [this] {
        const Clock::time_point then = Clock::now();
        return std::any_of(waits_.begin(), waits_.end(),
                           [&](const auto& entry) { return NextLook(entry.second, then) < next_look_; });
      };
      if (next_look_ == Clock::time_point::max()) {
        earlier_.wait(lock, stop, must_look);
      } else {
        earlier_.wait_until(lock, stop, next_look_, must_look);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable_any earlier_;
  std::map<int, Wait> waits_;  // by socket; guarded by mutex_
  // When the thread looks next; guarded by mutex_.
  Clock::time_point next_look_ = Clock::time_point::max();
  std::jthread thread_;  // last: joined first
};

}  // namespace logistics::base
