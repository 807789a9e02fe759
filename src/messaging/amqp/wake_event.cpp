#include "messaging/amqp/wake_event.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
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

void WakeEvent::WaitFor(std::chrono::nanoseconds timeout, int other_fd) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec left{static_cast<std::time_t>(seconds.count()),
                      static_cast<long>((timeout - seconds).count())};  // NOLINT(google-runtime-int): POSIX's type
  std::array<pollfd, 2> fds = {pollfd{fd_, POLLIN, 0}, pollfd{other_fd, POLLIN, 0}};  // -1 is passed over
  ::ppoll(fds.data(), fds.size(), &left, nullptr);
  if (fds[0].revents == 0) return;
  eventfd_t count = 0;
  [[maybe_unused]] const int result = ::eventfd_read(fd_, &count);
}

}  // namespace logistics::messaging
