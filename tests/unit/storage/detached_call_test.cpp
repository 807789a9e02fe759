// Calls that hold no thread while they wait for their batch.
#include <gmock/gmock.h>

#include <future>
#include <random>
#include <thread>

#include "fakes/eventually.hpp"
#include "fakes/seed.hpp"
#include "fakes/status_matchers.hpp"
#include "fakes/thread_executor.hpp"
#include "unit/storage/scripted_executor.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;

class DetachedCallTest : public testing::Test {
 protected:
  ~DetachedCallTest() override {
    script_.ReleaseAll();
    apart_.ReleaseAll();
    batcher_.reset();
  }

  NumberBatcher& Make(BatcherLimits limits, int workers = 1) {
    std::vector<std::unique_ptr<NumberBatcher::Executor>> executors;
    for (int i = 0; i < workers; ++i) executors.push_back(std::make_unique<ScriptedExecutor>(script_));
    batcher_ = std::make_unique<NumberBatcher>(
        limits, std::move(executors), NumberBatcher::Apart{std::make_unique<ScriptedExecutor>(apart_), contested_});
    return *batcher_;
  }

  // Starts the command on the calls' thread. The future has its outcome, and fails when it comes from another thread.
  std::future<absl::StatusOr<int>> Start(int command, ports::CallContext context = {},
                                         std::vector<std::size_t> keys = {}) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<int>>>();
    std::future<absl::StatusOr<int>> outcome = promise->get_future();
    calls_.Post([this, command, context, keys, promise] {
      const auto returned = std::make_shared<bool>(false);
      RunDetached(*batcher_, PendingNumber(command, context, keys),
                  ports::Completion<int>{&calls_, [this, promise, returned](absl::StatusOr<int> value) {
                                           EXPECT_TRUE(calls_.on_thread());
                                           EXPECT_TRUE(*returned);
                                           promise->set_value(std::move(value));
                                         }});
      *returned = true;
    });
    return outcome;
  }

  std::size_t Timers() {
    std::promise<std::size_t> timers;
    calls_.Post([&] { timers.set_value(calls_.timers()); });
    return timers.get_future().get();
  }

  static ports::CallContext Within(absl::Duration time) {
    ports::CallContext context;
    context.deadline = absl::Now() + time;
    return context;
  }

  Script script_;
  Script apart_;
  ContestedKeys contested_;
  std::unique_ptr<NumberBatcher> batcher_;
  fakes::ThreadExecutor calls_;
};

TEST_F(DetachedCallTest, Outcome_ComesOnTheCallsThreadAndLeavesNoTimer) {
  Make({64, 64});
  script_.ReleaseAll();
  EXPECT_THAT(Start(7, Within(absl::Hours(1))).get(), IsOkAndHolds(70));
  EXPECT_EQ(Timers(), 0U);
}

TEST_F(DetachedCallTest, Batch_IsAnsweredWithOneWakeUp) {
  Make({64, 64});
  std::vector<std::future<absl::StatusOr<int>>> outcomes;
  outcomes.push_back(Start(0));
  script_.AwaitBatches(1);
  for (int command = 1; command <= 20; ++command) outcomes.push_back(Start(command));
  ASSERT_TRUE(fakes::Eventually([&] { return batcher_->queued() == 20; }));
  const std::size_t before = calls_.posts();
  script_.ReleaseAll();
  for (int command = 0; command <= 20; ++command) {
    EXPECT_THAT(outcomes[static_cast<std::size_t>(command)].get(), IsOkAndHolds(command * 10));
  }
  EXPECT_EQ(calls_.posts() - before, 2U);
}

TEST_F(DetachedCallTest, FullQueue_IsRefusedWithARetryHintAfterTheCallHasReturned) {
  Make({1, 1});
  auto first = Start(1);
  script_.AwaitBatches(1);
  auto second = Start(2);
  ASSERT_TRUE(fakes::Eventually([&] { return batcher_->queued() == 1; }));
  EXPECT_THAT(Start(3).get(), StatusIs(absl::StatusCode::kResourceExhausted));
  script_.ReleaseAll();
  EXPECT_THAT(first.get(), IsOkAndHolds(10));
  EXPECT_THAT(second.get(), IsOkAndHolds(20));
}

TEST_F(DetachedCallTest, DeadlineInABatch_AnswersOnceAndTheOutcomeIsDropped) {
  Make({64, 64});
  auto late = Start(5, Within(absl::Milliseconds(300)));
  script_.AwaitBatches(1);
  EXPECT_THAT(late.get(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  script_.ReleaseAll();
  EXPECT_THAT(Start(6).get(), IsOkAndHolds(60));  // behind the outcome of 5
  EXPECT_EQ(Timers(), 0U);
}

TEST_F(DetachedCallTest, CommandThatWaitsApartInVain_IsUnavailableBeforeItsDeadline) {
  constexpr std::size_t kLocked = 7;
  constexpr std::size_t kOther = 8;
  Make({64, 64});
  contested_.Add(kLocked);
  contested_.Add(kOther);
  auto first = Start(1, {}, {kLocked});
  apart_.AwaitBatches(1);
  const ports::CallContext context = Within(2 * kAnswerMargin);
  auto second = Start(2, context, {kOther});
  EXPECT_THAT(second.get(), StatusIs(absl::StatusCode::kUnavailable));
  apart_.ReleaseAll();
  EXPECT_THAT(first.get(), IsOkAndHolds(10));
  EXPECT_EQ(Timers(), 0U);
}

TEST_F(DetachedCallTest, CommitInDoubtAtTheDeadline_IsSaid) {
  Make({64, 64});
  auto promise = std::make_shared<std::promise<absl::StatusOr<int>>>();
  const auto item = PendingNumber(5, Within(absl::Milliseconds(300)));
  item->in_doubt_error = [](const int& command) { return absl::AbortedError(std::to_string(command)); };
  item->in_doubt = true;
  calls_.Post([&, item] {
    RunDetached(*batcher_, item,
                ports::Completion<int>{&calls_, [promise](auto value) { promise->set_value(std::move(value)); }});
  });
  EXPECT_THAT(promise->get_future().get(), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(DetachedCallTest, CallsWithAnyDeadlines_AreEachAnsweredOnce) {
  constexpr int kCalls = 400;
  Make({16, 1024}, 2);
  script_.ReleaseAll();
  std::mt19937 random(fakes::TestSeed());
  std::vector<std::future<absl::StatusOr<int>>> outcomes;
  for (int i = 0; i < kCalls; ++i) {
    const absl::Duration patience = absl::Microseconds(static_cast<std::int64_t>(random() % 400));
    outcomes.push_back(Start(i, Within(patience), {random() % 8}));
  }
  // A second answer would end the test with an exception of the promise.
  for (int i = 0; i < kCalls; ++i) {
    const absl::StatusOr<int> outcome = outcomes[static_cast<std::size_t>(i)].get();
    if (outcome.ok()) {
      EXPECT_EQ(*outcome, i * 10);
    } else {
      EXPECT_THAT(outcome, StatusIs(absl::StatusCode::kDeadlineExceeded));
    }
  }
}

}  // namespace
}  // namespace logistics::storage
