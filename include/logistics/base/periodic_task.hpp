#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace logistics::base {

// Runs `work` on a thread of its own, at once and then `interval` after each end, until it is destroyed, which waits
// for a run in progress. `work` does not throw.
class PeriodicTask {
 public:
  PeriodicTask(std::chrono::nanoseconds interval, std::function<void()> work)
      : interval_(interval), work_(std::move(work)), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

 private:
  void Loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      work_();
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, interval_, [] { return false; });
    }
  }

  const std::chrono::nanoseconds interval_;
  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // last: joined first
};

}  // namespace logistics::base
