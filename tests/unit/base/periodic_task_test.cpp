#include "logistics/base/periodic_task.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace logistics::base {
namespace {

TEST(PeriodicTask, RunsAtOnceAndAgain) {
  std::promise<void> third;
  std::atomic<int> runs = 0;
  PeriodicTask task(std::chrono::milliseconds(1), [&] {
    if (++runs == 3) third.set_value();
  });
  EXPECT_EQ(third.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(PeriodicTask, Destroyed_EndsWhileItWaits) {
  std::promise<void> first;
  std::atomic<int> runs = 0;
  {
    PeriodicTask task(std::chrono::hours(1), [&] {
      if (++runs == 1) first.set_value();
    });
    first.get_future().wait();
  }
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace logistics::base
