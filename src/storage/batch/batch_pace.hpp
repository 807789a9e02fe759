#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "storage/batch/batcher_limits.hpp"

namespace logistics::storage {

// When another batch is begun beside running ones (ADR 11): it follows the size of batches and the time that they take.
// Not thread-safe.
class BatchPace {
 public:
  using Duration = std::chrono::steady_clock::duration;

  explicit BatchPace(const BatcherLimits& limits) : limits_(limits) {}

  void Begin(std::size_t size) {
    ++running_;
    last_size_ = size;
  }
  // One of those that run has only its last message to send.
  void Ending() { ++ending_; }
  void End(bool was_ending, Duration took) {
    --running_;
    if (was_ending) --ending_;
    // One that hangs counts as one that took long, no more.
    batch_time_ += (std::min<Duration>(took, limits_.beside_after_max / 3) - batch_time_) / 4;
  }
  int running() const { return running_; }

  // Whether so many commands wait that a batch is begun at once.
  bool Enough(std::size_t waiting) const {
    if (running_ == 0 || waiting >= limits_.beside_min) return true;
    return ending_ == running_ && waiting >= last_size_;
  }
  // How long a command waits at most before one is begun for it.
  Duration BesideAfter() const { return std::max<Duration>(limits_.beside_after, 3 * batch_time_); }

 private:
  const BatcherLimits limits_;
  int running_ = 0;
  int ending_ = 0;             // of those that run
  std::size_t last_size_ = 0;  // of the batch begun last
  Duration batch_time_{0};     // a moving average
};

}  // namespace logistics::storage
