#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace logistics::messaging {

// Ends operations that hang: rabbitmq-c waits without a limit while a broker does not read (its issue 519). A second
// thread shuts the socket down when an operation takes longer than `timeout`, and the operation then fails at once.
//
// One connection at a time. Watch, Unwatch, Arm and Disarm belong to the connection's thread; Limit may come from any.
class SocketWatchdog {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SocketWatchdog(absl::Duration timeout);
  ~SocketWatchdog();
  SocketWatchdog(const SocketWatchdog&) = delete;
  SocketWatchdog& operator=(const SocketWatchdog&) = delete;

  // Keeps a duplicate of `fd`: the library may close its own, and the number may then name another socket.
  void Watch(int fd);
  void Unwatch();

  // An operation runs until Disarm. Costs a lock, no system call.
  void Arm();
  void Disarm();

  // No operation may last beyond `when`, whatever its own timeout.
  void Limit(Clock::time_point when);

  // Arms for the life of a scope.
  class Guard {
   public:
    explicit Guard(SocketWatchdog& watchdog) : watchdog_(watchdog) { watchdog_.Arm(); }
    ~Guard() { watchdog_.Disarm(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    SocketWatchdog& watchdog_;
  };

 private:
  void Run(const std::stop_token& stop);

  const Clock::duration timeout_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int fd_ = -1;                                // guarded by mutex_
  std::optional<Clock::time_point> deadline_;  // guarded by mutex_; set while armed
  std::optional<Clock::time_point> limit_;     // guarded by mutex_
  std::jthread thread_;
};

}  // namespace logistics::messaging
