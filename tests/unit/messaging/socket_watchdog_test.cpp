#include "messaging/amqp/socket_watchdog.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace logistics::messaging {
namespace {

class SocketWatchdogTest : public testing::Test {
 protected:
  SocketWatchdogTest() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair_.data()), 0); }
  ~SocketWatchdogTest() override {
    for (const int fd : pair_) ::close(fd);
  }
  // Waits until the socket reads end of file: it was shut down.
  bool ShutDownWithin(int timeout_ms) const {
    pollfd readable{pair_[0], POLLIN, 0};
    if (::poll(&readable, 1, timeout_ms) != 1) return false;
    char byte = 0;
    return ::recv(pair_[0], &byte, 1, 0) == 0;
  }

  std::array<int, 2> pair_{};
};

TEST_F(SocketWatchdogTest, OperationOverItsTime_ShutsTheSocketDown) {
  SocketWatchdog watchdog(absl::Milliseconds(20));
  watchdog.Watch(pair_[0]);
  const SocketWatchdog::Guard operation(watchdog);
  EXPECT_TRUE(ShutDownWithin(10'000));
}

TEST_F(SocketWatchdogTest, NoOperation_LeavesTheSocketAlone) {
  SocketWatchdog watchdog(absl::Milliseconds(1));
  watchdog.Watch(pair_[0]);
  EXPECT_FALSE(ShutDownWithin(50));
  { const SocketWatchdog::Guard operation(watchdog); }
  EXPECT_FALSE(ShutDownWithin(50));
}

TEST_F(SocketWatchdogTest, Limit_EndsARunningOperationBeforeItsTime) {
  SocketWatchdog watchdog(absl::Hours(1));
  watchdog.Watch(pair_[0]);
  const SocketWatchdog::Guard operation(watchdog);
  watchdog.Limit(SocketWatchdog::Clock::now() + std::chrono::milliseconds(10));
  EXPECT_TRUE(ShutDownWithin(10'000));
}

TEST_F(SocketWatchdogTest, Limit_EndsAnOperationThatBeginsAfterIt) {
  SocketWatchdog watchdog(absl::Hours(1));
  watchdog.Limit(SocketWatchdog::Clock::now());
  watchdog.Watch(pair_[0]);
  const SocketWatchdog::Guard operation(watchdog);
  EXPECT_TRUE(ShutDownWithin(10'000));
}

TEST_F(SocketWatchdogTest, Unwatched_IsNotTouched) {
  SocketWatchdog watchdog(absl::Milliseconds(1));
  watchdog.Watch(pair_[0]);
  watchdog.Unwatch();
  const SocketWatchdog::Guard operation(watchdog);
  EXPECT_FALSE(ShutDownWithin(50));
}

}  // namespace
}  // namespace logistics::messaging
