#include "messaging/amqp/socket_watchdog.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace logistics::messaging {

SocketWatchdog::SocketWatchdog(absl::Duration timeout)
    : timeout_(absl::ToChronoNanoseconds(timeout)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

SocketWatchdog::~SocketWatchdog() {
  thread_.request_stop();
  thread_.join();
  Unwatch();
}

void SocketWatchdog::Watch(int fd) {
  Unwatch();
  const std::lock_guard lock(mutex_);
  fd_ = ::dup(fd);
  changed_.notify_one();
}

void SocketWatchdog::Unwatch() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  deadline_.reset();
}

void SocketWatchdog::Arm() {
  const std::lock_guard lock(mutex_);
  deadline_ = Clock::now() + timeout_;
  // Without a limit the thread needs no notice: it looks again within half a timeout, before this deadline is over.
  if (limit_) {
    deadline_ = std::min(*deadline_, *limit_);
    changed_.notify_one();
  }
}

void SocketWatchdog::Disarm() {
  const std::lock_guard lock(mutex_);
  deadline_.reset();
}

void SocketWatchdog::Limit(Clock::time_point when) {
  const std::lock_guard lock(mutex_);
  limit_ = when;
  if (deadline_) deadline_ = std::min(*deadline_, when);
  changed_.notify_one();
}

void SocketWatchdog::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Clock::time_point now = Clock::now();
    if (fd_ >= 0 && deadline_ && now >= *deadline_) {
      ::shutdown(fd_, SHUT_RDWR);
      deadline_.reset();
    }
    const auto changed = [this, watched = fd_, armed = deadline_.has_value(), limited = limit_] {
      return fd_ != watched || limit_ != limited || (limit_ && deadline_.has_value() != armed);
    };
    if (fd_ < 0) {
      changed_.wait(lock, stop, changed);
      continue;
    }
    Clock::time_point wake = now + timeout_ / 2;
    if (deadline_) wake = std::min(wake, *deadline_);
    changed_.wait_until(lock, stop, wake, changed);
  }
}

}  // namespace logistics::messaging
