#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace logistics::rpc {

// Counts the streams that gRPC is not done with: a finished stream may still have its status to send. Thread-safe.
class OpenStreams {
 public:
  void Enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }

  // False when `deadline` came first.
  bool WaitUntilNone(absl::Time deadline) {
    std::unique_lock lock(mutex_);
    return none_.wait_until(lock, absl::ToChronoTime(deadline), [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;  // guarded by mutex_
};

}  // namespace logistics::rpc
