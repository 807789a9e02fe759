#pragma once

#include <atomic>
#include <chrono>

namespace logistics::messaging {

// Ends the wait of another thread. Many calls of Set between two waits cost one system call. Thread-safe.
class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  void Set();
  // Whether Set was called since the last Take. For the waiting thread.
  bool Take();
  // Returns after Set, when `other_fd` has something to read (-1 = none), or after `timeout`, which is not negative;
  // now and then without a reason. Take follows.
  void WaitFor(std::chrono::nanoseconds timeout, int other_fd);

 private:
  const int fd_;
  std::atomic<bool> set_ = false;
};

}  // namespace logistics::messaging
