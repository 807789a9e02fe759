#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "logistics/ports/event_encoder.hpp"

namespace logistics::storage {

// Events are encoded while the batch's rows are locked: there it freezes, once.
class FreezingEncoder final : public ports::EventEncoder {
 public:
  explicit FreezingEncoder(const ports::EventEncoder& encoder) : encoder_(encoder) {}

  std::string Encode(const domain::Event& event) const override {
    std::unique_lock lock(mutex_);
    frozen_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return thawed_; });
    return encoder_.Encode(event);
  }
  void AwaitFrozen() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return frozen_; });
  }
  void Thaw() {
    const std::lock_guard lock(mutex_);
    thawed_ = true;
    changed_.notify_all();
  }

 private:
  const ports::EventEncoder& encoder_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable bool frozen_ = false;  // guarded by mutex_
  bool thawed_ = false;          // guarded by mutex_
};

}  // namespace logistics::storage
