#include "logistics/service/calls/call_queue.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "absl/time/clock.h"
#include "fakes/thread_executor.hpp"

namespace logistics::service {
namespace {

using testing::ElementsAre;

class CallQueueTest : public testing::Test {
 protected:
  ports::CallExecutor::Task Note(int number) {
    return [this, number] { ran_.push_back(number); };
  }

  CallQueue queue_;
  std::vector<int> ran_;
  int wake_ups_ = 0;
};

TEST_F(CallQueueTest, PostedTasks_RunInTheirOrderWithOneWakeUp) {
  queue_.Attach([this] { ++wake_ups_; });
  queue_.Post(Note(1));
  queue_.Post(Note(2));
  EXPECT_TRUE(ran_.empty());
  queue_.Run();
  EXPECT_THAT(ran_, ElementsAre(1, 2));
  EXPECT_EQ(wake_ups_, 1);
  queue_.Post(Note(3));
  EXPECT_EQ(wake_ups_, 2);
}

TEST_F(CallQueueTest, TaskPostedByATask_RunsLater) {
  queue_.Attach([this] { ++wake_ups_; });
  queue_.Post([this] { queue_.Post(Note(1)); });
  queue_.Run();
  EXPECT_TRUE(ran_.empty());
  EXPECT_EQ(wake_ups_, 2);
  queue_.Run();
  EXPECT_THAT(ran_, ElementsAre(1));
}

TEST_F(CallQueueTest, TaskPostedWhileNobodyListens_WakesWhoeverComes) {
  queue_.Post(Note(1));
  queue_.Attach([this] { ++wake_ups_; });
  EXPECT_EQ(wake_ups_, 1);
  queue_.Detach();
  queue_.Run();
  queue_.Post(Note(2));
  EXPECT_EQ(wake_ups_, 1);
}

TEST_F(CallQueueTest, ManyTasksAndTimers_RunInPartsOfBoundedSize) {
  constexpr int kMany = 1'000;
  constexpr std::size_t kPartMax = 64;
  for (int i = 0; i < kMany; ++i) queue_.Post(Note(i));
  for (int i = 0; i < kMany; ++i) queue_.RunAt(absl::InfinitePast(), Note(kMany + i));
  std::size_t ran = 0;
  for (bool more = true; more; ran = ran_.size()) {
    more = queue_.Run();
    EXPECT_LE(ran_.size(), ran + kPartMax);
    EXPECT_EQ(more, ran_.size() < 2 * kMany);
  }
  std::sort(ran_.begin(), ran_.end());
  for (int i = 0; i < 2 * kMany; ++i) ASSERT_EQ(ran_[static_cast<std::size_t>(i)], i);
}

TEST_F(CallQueueTest, Timers_RunWhenTheyAreDueAndNotWhenCancelled) {
  const absl::Time now = absl::Now();
  queue_.RunAt(now - absl::Seconds(1), Note(2));
  const auto cancelled = queue_.RunAt(now - absl::Seconds(3), Note(9));
  queue_.RunAt(now - absl::Seconds(2), Note(1));
  queue_.RunAt(now + absl::Hours(1), Note(9));
  queue_.Cancel(cancelled);
  queue_.Run();
  EXPECT_THAT(ran_, ElementsAre(1, 2));
  EXPECT_EQ(queue_.next_timer(), now + absl::Hours(1));
}

TEST_F(CallQueueTest, TimersOfATimer_AreKept) {
  queue_.RunAt(absl::InfinitePast(), [this] { queue_.RunAt(absl::InfiniteFuture(), Note(1)); });
  queue_.Run();
  EXPECT_EQ(queue_.timers(), 1U);
}

TEST(ThreadExecutorTest, TasksOfManyThreads_AllRunOnOne) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2'000;
  fakes::ThreadExecutor calls;
  int ran = 0;  // of the executor's thread
  std::atomic<int> elsewhere = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kTasks; ++i) {
          calls.Post([&] {
            ++ran;
            elsewhere += calls.on_thread() ? 0 : 1;
            if (ran % 7 == 0) calls.Cancel(calls.RunAt(absl::Now(), [&] { ran = -1; }));
          });
        }
      });
    }
  }
  std::promise<int> total;
  calls.Post([&] { total.set_value(ran); });
  EXPECT_EQ(total.get_future().get(), kThreads * kTasks);
  EXPECT_EQ(elsewhere, 0);
}

}  // namespace
}  // namespace logistics::service
