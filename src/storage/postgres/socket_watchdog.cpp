#include "storage/postgres/socket_watchdog.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace logistics::storage {

SocketWatchdog& SocketWatchdog::OfProcess() {
  static SocketWatchdog watchdog;
  return watchdog;
}

void SocketWatchdog::Arm(int fd, absl::Duration limit, const std::function<bool()>* cancelled) {
  // A day stands for no limit: a clock's time has an end.
  const Clock::time_point now = Clock::now();
  const Wait wait = {now + absl::ToChronoNanoseconds(std::min(limit, absl::Hours(24))), cancelled};
  const std::lock_guard lock(mutex_);
  waits_[fd] = wait;
  if (NextLook(wait, now) < next_look_) earlier_.notify_one();
}

void SocketWatchdog::Disarm(int fd) {
  const std::lock_guard lock(mutex_);
  waits_.erase(fd);
}

SocketWatchdog::Clock::time_point SocketWatchdog::NextLook(const Wait& wait, Clock::time_point now) {
  return wait.cancelled == nullptr ? wait.deadline : std::min(wait.deadline, now + kCancelLook);
}

void SocketWatchdog::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Clock::time_point now = Clock::now();
    next_look_ = Clock::time_point::max();
    for (auto entry = waits_.begin(); entry != waits_.end();) {
      const Wait& wait = entry->second;
      if (wait.deadline <= now || (wait.cancelled != nullptr && (*wait.cancelled)())) {
        ::shutdown(entry->first, SHUT_RDWR);
        entry = waits_.erase(entry);
        continue;
      }
      next_look_ = std::min(next_look_, NextLook(wait, now));
      ++entry;
    }
    const auto must_look = [this] {
      const Clock::time_point then = Clock::now();
      return std::any_of(waits_.begin(), waits_.end(),
                         [&](const auto& entry) { return NextLook(entry.second, then) < next_look_; });
    };
    if (next_look_ == Clock::time_point::max()) {
      earlier_.wait(lock, stop, must_look);
    } else {
      earlier_.wait_until(lock, stop, next_look_, must_look);
    }
  }
}

}  // namespace logistics::storage
