#include "messaging/wake_event.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace logistics::messaging {
namespace {

int NewEventFd() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

WakeEvent::WakeEvent() : fd_(NewEventFd()) {}

WakeEvent::~WakeEvent() { ::close(fd_); }

void WakeEvent::Set() {
  if (set_.exchange(true)) return;
  // Fails only when the counter is full, and then it is readable anyway.
  [[maybe_unused]] const int result = ::eventfd_write(fd_, 1);
}

bool WakeEvent::Take() { return set_.exchange(false); }

void WakeEvent::Clear() {
  eventfd_t count = 0;
  [[maybe_unused]] const int result = ::eventfd_read(fd_, &count);
}

}  // namespace logistics::messaging
