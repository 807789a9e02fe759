#pragma once

#include <mutex>
#include <optional>

#include "absl/time/time.h"
#include "logistics/base/socket_watchdog.hpp"

namespace logistics::messaging {

// Ends operations that hang: rabbitmq-c waits without a limit while a broker does not read (its issue 519). The
// watchdog of the process shuts the socket down when an operation takes longer than `timeout`, and the operation then
// fails.
//
// One connection at a time. Watch, Unwatch, Arm and Disarm belong to the connection's thread; Limit may come from any.
class SocketWatchdog {
 public:
  using Clock = base::SocketWatchdog::Clock;

  explicit SocketWatchdog(absl::Duration timeout) : timeout_(absl::ToChronoNanoseconds(timeout)) {}
  ~SocketWatchdog() { Unwatch(); }
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
  const Clock::duration timeout_;
  std::mutex mutex_;
  int fd_ = -1;                                         // guarded by mutex_
  std::optional<Clock::time_point> deadline_;           // guarded by mutex_; set while armed
  Clock::time_point limit_ = Clock::time_point::max();  // guarded by mutex_
};

}  // namespace logistics::messaging
