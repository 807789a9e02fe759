#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace logistics::storage {

// Ends waits that libpq would never end: of a server that is stopped, or whose disk is, the kernel still acknowledges
// every byte. One thread for all sessions shuts a socket down when its wait takes too long; libpq then finds the
// connection lost. Thread-safe.
class SocketWatchdog {
 public:
  static SocketWatchdog& OfProcess();

  // `fd` is shut down after `limit`, or within kCancelLook after `cancelled` has become true (null: never), unless it
  // is disarmed before. Costs a lock, mostly no system call. Both are the caller's own and there until it is disarmed.
  void Arm(int fd, absl::Duration limit, const std::function<bool()>* cancelled);
  void Disarm(int fd);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kCancelLook{100};
  struct Wait {
    Clock::time_point deadline;
    const std::function<bool()>* cancelled = nullptr;
  };
  static Clock::time_point NextLook(const Wait& wait, Clock::time_point now);

  SocketWatchdog() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}
  void Run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any earlier_;
  std::map<int, Wait> waits_;  // by socket; guarded by mutex_
  // When the thread looks next; guarded by mutex_.
  Clock::time_point next_look_ = Clock::time_point::max();
  std::jthread thread_;  // last: joined first
};

}  // namespace logistics::storage
