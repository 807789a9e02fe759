#include "messaging/amqp/socket_watchdog.hpp"

#include <unistd.h>

#include <algorithm>

namespace logistics::messaging {

void SocketWatchdog::Watch(int fd) {
  Unwatch();
  const std::lock_guard lock(mutex_);
  fd_ = ::dup(fd);
}

void SocketWatchdog::Unwatch() {
  Disarm();
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void SocketWatchdog::Arm() {
  const std::lock_guard lock(mutex_);
  if (fd_ < 0) return;
  deadline_ = std::min(Clock::now() + timeout_, limit_);
  base::SocketWatchdog::OfProcess().Arm(fd_, *deadline_);
}

void SocketWatchdog::Disarm() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) base::SocketWatchdog::OfProcess().Disarm(fd_);
  deadline_.reset();
}

void SocketWatchdog::Limit(Clock::time_point when) {
  const std::lock_guard lock(mutex_);
  limit_ = when;
  if (!deadline_ || *deadline_ <= when) return;
  deadline_ = when;
  base::SocketWatchdog::OfProcess().Arm(fd_, when);
}

}  // namespace logistics::messaging
