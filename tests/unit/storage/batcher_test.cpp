#include "storage/batch/batcher.hpp"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <random>
#include <thread>

#include "fakes/eventually.hpp"
#include "fakes/seed.hpp"
#include "fakes/status_matchers.hpp"
#include "unit/storage/scripted_executor.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;

class BatcherTest : public testing::Test {
 protected:
  ~BatcherTest() override {
    script_.ReleaseAll();
    callers_.clear();
  }

  NumberBatcher& Make(BatcherLimits limits, int workers = 1) {
    std::vector<std::unique_ptr<NumberBatcher::Executor>> executors;
    for (int i = 0; i < workers; ++i) executors.push_back(std::make_unique<ScriptedExecutor>(script_));
    batcher_ = std::make_unique<NumberBatcher>(limits, std::move(executors));
    return *batcher_;
  }

  // A caller of its own waits for the command; back when the batcher has it.
  void Queue(int command, std::vector<std::size_t> keys = {}) {
    const std::size_t before = batcher_->queued();
    Call(command, std::move(keys));
    while (batcher_->queued() == before && !script_.Ran(command)) std::this_thread::yield();
  }
  // The same for a command that a waiting worker takes at once.
  void Occupy(int command, std::vector<std::size_t> keys = {}) {
    Call(command, std::move(keys));
    script_.AwaitBatches(++occupied_);
  }
  void Call(int command, std::vector<std::size_t> keys) {
    callers_.emplace_back([this, command, keys = std::move(keys)] {
      EXPECT_THAT(RunNumber(*batcher_, command, {}, keys), IsOkAndHolds(command * 10));
    });
  }

  Script script_;
  std::unique_ptr<NumberBatcher> batcher_;
  std::vector<std::jthread> callers_;

 private:
  std::size_t occupied_ = 0;
};

TEST_F(BatcherTest, IdleSystem_RunsOneCommandAtOnce) {
  NumberBatcher& batcher = Make({64, 64});
  script_.ReleaseAll();
  EXPECT_THAT(RunNumber(batcher, 7, {}, {}), IsOkAndHolds(70));
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(7)));
}

TEST_F(BatcherTest, WhatArrivesWhileABatchRuns_GoesTogetherInTheNextInArrivalOrder) {
  Make({64, 64});
  Occupy(1);
  for (int command = 2; command <= 6; ++command) Queue(command);
  script_.Release(0);
  script_.AwaitBatches(2);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4, 5, 6)));
}

TEST_F(BatcherTest, BatchMax_LeavesTheRestToTheNextBatch) {
  Make({2, 64});
  Occupy(1);
  for (int command = 2; command <= 6; ++command) Queue(command);
  script_.ReleaseAll();
  callers_.clear();
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3), ElementsAre(4, 5), ElementsAre(6)));
}

TEST_F(BatcherTest, FewCommandsBesideARunningBatch_WaitForItsEnd) {
  Make({64, 64, 4, std::chrono::hours(1)}, 2);
  Occupy(1);
  for (int command = 2; command <= 4; ++command) Queue(command);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1)));
  script_.Release(0);
  script_.AwaitBatches(2);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4)));
}

TEST_F(BatcherTest, EnoughCommandsBesideARunningBatch_AreBegunAtOnce) {
  Make({64, 64, 4, std::chrono::hours(1)}, 2);
  Occupy(1);
  for (int command = 2; command <= 5; ++command) Queue(command);
  script_.AwaitBatches(2);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3, 4, 5)));
}

// It would reach the lock of commits as the first one's commit ends.
TEST_F(BatcherTest, BatchThatEnds_LetsTheNextBeginOnceThatIsAsLarge) {
  Make({64, 64, 64, std::chrono::hours(1)}, 3);
  Occupy(1);
  for (int command = 2; command <= 3; ++command) Queue(command);
  script_.Release(0);
  script_.AwaitBatches(2);
  Queue(4);
  script_.End(1);
  EXPECT_EQ(script_.Batches().size(), 2U);
  Queue(5);
  script_.AwaitBatches(3);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 3), ElementsAre(4, 5)));
  // The new one has only begun, so that none is begun beside both.
  for (int command = 6; command <= 9; ++command) Queue(command);
  EXPECT_EQ(script_.Batches().size(), 3U);
}

// A fixed time would split every batch of a slow database in two that wait for each other.
TEST_F(BatcherTest, SlowBatches_LetCommandsWaitLonger) {
  using Clock = std::chrono::steady_clock;
  Make({64, 64, 64, std::chrono::milliseconds(1)}, 2);
  Occupy(1);
  const auto slow = Clock::now() + std::chrono::milliseconds(60);
  EXPECT_TRUE(fakes::Eventually([&] { return Clock::now() >= slow; }, absl::Seconds(10)));
  script_.Release(0);
  Occupy(2);
  const auto queued = Clock::now();
  Queue(3);
  script_.AwaitBatches(3);
  EXPECT_GE(Clock::now() - queued, std::chrono::milliseconds(40));
}

TEST_F(BatcherTest, CommandBesideABatchThatHangs_IsBegunAfterAWhileAlsoBehindOneThatCannot) {
  Make({64, 64, 64, std::chrono::milliseconds(1)}, 2);
  Occupy(1, {7});
  Queue(2, {7});  // waits for the key
  Queue(3);
  script_.AwaitBatches(2);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(3)));
}

TEST_F(BatcherTest, FullQueue_RefusesAtOnceWithARetryHint) {
  NumberBatcher& batcher = Make({64, 2});
  Occupy(1);
  Queue(2);
  Queue(3);
  const absl::StatusOr<int> refused = RunNumber(batcher, 4, {}, {});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(domain::RetryAfterOf(refused.status()).has_value());
  script_.ReleaseAll();
  callers_.clear();
  EXPECT_FALSE(script_.Ran(4));
}

TEST_F(BatcherTest, DeadlinePassedWhileItWaited_AnswersAndNeverRuns) {
  NumberBatcher& batcher = Make({64, 64});
  Occupy(1);
  ports::CallContext late;
  late.deadline = absl::Now() - absl::Milliseconds(1);
  EXPECT_THAT(RunNumber(batcher, 2, late, {}), StatusIs(absl::StatusCode::kDeadlineExceeded));
  Queue(3);
  script_.ReleaseAll();
  callers_.clear();
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(3)));
  EXPECT_EQ(batcher.queued(), 0U);
}

TEST_F(BatcherTest, CallerThatGivesUp_LeavesTheCommandToItsBatch) {
  NumberBatcher& batcher = Make({64, 64});
  // Long enough for the worker to begin before the deadline, whatever else this machine does.
  for (absl::Duration patience = absl::Milliseconds(50); !script_.Ran(5); patience *= 2) {
    ports::CallContext context;
    context.deadline = absl::Now() + patience;
    EXPECT_THAT(RunNumber(batcher, 5, context, {}), StatusIs(absl::StatusCode::kDeadlineExceeded));
  }
  script_.ReleaseAll();
  EXPECT_THAT(RunNumber(batcher, 6, {}, {}), IsOkAndHolds(60));
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(5), ElementsAre(6)));
}

TEST_F(BatcherTest, SharedKey_WaitsForTheNextBatchWhileOthersPass) {
  Make({64, 64});
  Occupy(1);
  Queue(2, {77});
  Queue(3, {77});
  Queue(4);
  Queue(5, {77});
  script_.Release(0);
  script_.AwaitBatches(2);
  script_.ReleaseAll();
  callers_.clear();
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2, 4), ElementsAre(3), ElementsAre(5)));
}

TEST_F(BatcherTest, SharedKey_IsNotTakenByAnotherWorkerEither) {
  Make({64, 64}, 2);
  Occupy(1, {77});
  Queue(2, {77});
  Occupy(3);  // the second worker takes this one and leaves command 2 alone
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(3)));
  script_.Release(0);
  script_.AwaitBatches(3);
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(3), ElementsAre(2)));
}

TEST_F(BatcherTest, CommandOfTwoKeys_IsNotOvertakenOnTheOneThatIsFree) {
  Make({64, 64}, 2);
  Occupy(1, {77});
  Queue(2, {77, 88});
  Queue(3, {88});
  Occupy(4);
  script_.ReleaseAll();
  callers_.clear();
  const auto batches = script_.Batches();
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_THAT(batches[2], ElementsAre(2));
  EXPECT_THAT(batches[3], ElementsAre(3));
}

TEST_F(BatcherTest, RandomKeysOverTwoWorkers_NeverOverlapAndKeepTheirOrder) {
  constexpr int kCommands = 120;
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(testing::Message() << "LOGISTICS_TEST_SEED=" << seed);
  std::mt19937_64 random(seed);
  Make({4, 1'000}, 2);
  Occupy(1);
  Occupy(2);
  std::map<int, std::size_t> key_of;
  for (int command = 3; command < 3 + kCommands; ++command) {
    key_of[command] = random() % 7;
    Queue(command, {key_of[command]});
  }
  script_.ReleaseAll();
  callers_.clear();

  EXPECT_FALSE(script_.overlapped());
  std::map<std::size_t, int> last;
  int ran = 0;
  for (const std::vector<int>& batch : script_.Batches()) {
    EXPECT_LE(batch.size(), 4U);
    for (const int command : batch) {
      ++ran;
      if (!key_of.contains(command)) continue;
      int& before = last[key_of[command]];
      EXPECT_LT(before, command) << "overtaken on key " << key_of[command];
      before = command;
    }
  }
  EXPECT_EQ(ran, kCommands + 2);
}

TEST_F(BatcherTest, Destructor_RunsWhatIsQueuedAndRefusesTheRest) {
  NumberBatcher& batcher = Make({64, 64});
  Occupy(1);
  Queue(2, {77});
  Queue(3, {77});
  std::jthread end([this] { batcher_.reset(); });
  // The destructor cannot end while batch 0 is held, so the batcher may still be asked. Until the refusal these only
  // queue up, and nobody waits for them.
  ports::CallContext late;
  late.deadline = absl::InfinitePast();
  absl::StatusOr<int> answer = RunNumber(batcher, 4, late, {});
  while (!absl::IsUnavailable(answer.status())) answer = RunNumber(batcher, 4, late, {});
  EXPECT_TRUE(domain::RetryAfterOf(answer.status()).has_value());
  script_.ReleaseAll();
  end.join();
  callers_.clear();
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3)));
}

}  // namespace
}  // namespace logistics::storage
