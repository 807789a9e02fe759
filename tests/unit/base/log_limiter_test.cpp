#include "logistics/base/log_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace logistics::base {
namespace {

using std::chrono::seconds;

TEST(LogLimiter, OneLineAnInterval_AndTheOthersAreCounted) {
  LogLimiter limiter(seconds(10));
  const LogLimiter::Time start{seconds(1000)};
  EXPECT_EQ(limiter.Pass(start), 0);
  EXPECT_EQ(limiter.Pass(start), std::nullopt);
  EXPECT_EQ(limiter.Pass(start + seconds(9)), std::nullopt);
  EXPECT_EQ(limiter.Pass(start + seconds(10)), 2);
  EXPECT_EQ(limiter.Pass(start + seconds(20)), 0);
}

TEST(LogLimiter, ManyThreadsAtOnce_WriteOneLine) {
  LogLimiter limiter(seconds(10));
  std::atomic<int> lines = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { lines += limiter.Pass(LogLimiter::Time(seconds(1000))).has_value() ? 1 : 0; });
  }
  threads.clear();
  EXPECT_EQ(lines, 1);
  EXPECT_EQ(limiter.Pass(LogLimiter::Time(seconds(1010))), 7);
}

}  // namespace
}  // namespace logistics::base
