#include "logistics/service/calls/worker_pool.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "fakes/eventually.hpp"

namespace logistics::service {
namespace {

TEST(WorkerPoolTest, WorkThatBlocks_MakesThreadsUpToTheBoundAndTheRestWaits) {
  WorkerPool pool(2, 3);
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<int> running = 0;
  std::atomic<int> done = 0;
  const auto work = [&] {
    ++running;
    open.wait();
    ++done;
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.TryRun(work));
  EXPECT_FALSE(pool.TryRun(work));
  EXPECT_TRUE(fakes::Eventually([&] { return running == 2; }));
  gate.set_value();
  EXPECT_TRUE(fakes::Eventually([&] { return done == 3; }));
  EXPECT_TRUE(fakes::Eventually([&] { return pool.TryRun([&] { ++done; }); }));
  pool.Stop();
  EXPECT_EQ(done, 4);
  EXPECT_FALSE(pool.TryRun(work));
}

TEST(WorkerPoolTest, Stop_RunsWhatWaits) {
  std::atomic<int> done = 0;
  WorkerPool pool(1, 100);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.TryRun([&] { ++done; }));
  pool.Stop();
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace logistics::service
