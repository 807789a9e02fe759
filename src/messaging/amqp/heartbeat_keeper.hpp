#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "absl/time/time.h"
#include "messaging/amqp/connection.hpp"

namespace logistics::messaging {

// Sends the heartbeats of a connection while its thread waits for something else, a database that hangs: the broker
// would take the connection for dead. The library sends them only inside its calls. Belongs to the connection's thread.
class HeartbeatKeeper {
 public:
  HeartbeatKeeper() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}
  ~HeartbeatKeeper() = default;
  HeartbeatKeeper(const HeartbeatKeeper&) = delete;
  HeartbeatKeeper& operator=(const HeartbeatKeeper&) = delete;

  // Within its scope the connection is the keeper's, and no call of it may be made. Costs a lock.
  class Scope {
   public:
    // `connection` may be null.
    Scope(HeartbeatKeeper& keeper, Connection* connection) : keeper_(keeper) { keeper_.Lend(connection); }
    ~Scope() { keeper_.Lend(nullptr); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    HeartbeatKeeper& keeper_;
  };

 private:
  using Clock = std::chrono::steady_clock;

  // The shortest heartbeat is a second, and the broker waits for two of them.
  static constexpr std::chrono::milliseconds kLookInterval{250};

  void Lend(Connection* connection) {
    const std::lock_guard lock(mutex_);
    lent_ = connection;
    if (connection != nullptr) due_ = Clock::now() + absl::ToChronoNanoseconds(connection->heartbeat()) / 3;
  }

  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      // Nobody notifies: a wake-up for each scope would cost more than it is worth.
      stopped_.wait_for(lock, stop, kLookInterval, [&] { return stop.stop_requested(); });
      const Clock::time_point now = Clock::now();
      if (lent_ == nullptr || now < due_) continue;
      due_ = now + absl::ToChronoNanoseconds(lent_->heartbeat()) / 3;
      lent_->SendHeartbeat();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any stopped_;
  Connection* lent_ = nullptr;  // guarded by mutex_
  Clock::time_point due_;       // guarded by mutex_; of the next heartbeat, while a connection is lent
  std::jthread thread_;
};

}  // namespace logistics::messaging
