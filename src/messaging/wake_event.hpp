#pragma once

#include <atomic>

namespace logistics::messaging {

// Ends a poll() from another thread. Many calls of Set between two waits cost one system call. Thread-safe.
class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  void Set();
  // Whether Set was called since the last Take. For the waiting thread.
  bool Take();
  // Readable after Set; Clear makes it wait again, to be followed by Take.
  int fd() const { return fd_; }
  void Clear();

 private:
  const int fd_;
  std::atomic<bool> set_ = false;
};

}  // namespace logistics::messaging
