// Commands of contested keys run apart from the others, and are refused before they become many.
#include <gmock/gmock.h>

#include <thread>

#include "fakes/status_matchers.hpp"
#include "unit/storage/scripted_executor.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;

constexpr std::size_t kLocked = 7;
constexpr std::size_t kFree = 8;

class ApartTest : public testing::Test {
 protected:
  explicit ApartTest() {
    limits_.batch_max = limits_.queue_max = 64;
    limits_.beside_after = std::chrono::milliseconds(1);
  }
  ~ApartTest() override {
    script_.ReleaseAll();
    apart_.ReleaseAll();
    callers_.clear();
  }

  NumberBatcher& Make() {
    std::vector<std::unique_ptr<NumberBatcher::Executor>> executors;
    executors.push_back(std::make_unique<ScriptedExecutor>(script_));
    batcher_ = std::make_unique<NumberBatcher>(
        limits_, std::move(executors), NumberBatcher::Apart{std::make_unique<ScriptedExecutor>(apart_), contested_});
    return *batcher_;
  }

  // A caller of its own, who gets the command's outcome.
  void Call(int command, std::vector<std::size_t> conflict_keys, std::vector<std::size_t> row_keys) {
    callers_.emplace_back([this, command, conflict_keys = std::move(conflict_keys), row_keys = std::move(row_keys)] {
      EXPECT_THAT(RunNumber(*batcher_, command, {}, conflict_keys, row_keys), IsOkAndHolds(command * 10));
    });
  }

  BatcherLimits limits_;
  ContestedKeys contested_;
  Script script_;
  Script apart_;
  std::unique_ptr<NumberBatcher> batcher_;
  std::vector<std::jthread> callers_;
};

TEST_F(ApartTest, CommandOfAContestedKey_RunsApartWhileOthersGoOn) {
  NumberBatcher& batcher = Make();
  contested_.Add(kLocked);
  Call(1, {}, {kLocked, kFree});
  apart_.AwaitBatches(1);
  script_.ReleaseAll();
  EXPECT_THAT(RunNumber(batcher, 2, {}, {}, {kFree}), IsOkAndHolds(20));
  EXPECT_THAT(apart_.Batches(), ElementsAre(ElementsAre(1)));
  EXPECT_THAT(script_.Batches(), ElementsAre(ElementsAre(2)));
}

TEST_F(ApartTest, CommandThatItsBatchGivesBack_RunsApart) {
  NumberBatcher& batcher = Make();
  script_.SetApart(1);
  script_.ReleaseAll();
  apart_.ReleaseAll();
  EXPECT_THAT(RunNumber(batcher, 1, {}, {kLocked}), IsOkAndHolds(10));
  EXPECT_THAT(apart_.Batches(), ElementsAre(ElementsAre(1)));
}

TEST_F(ApartTest, ConflictKeyOfACommandApart_IsNotTakenByOthers) {
  Make();
  contested_.Add(kLocked);
  Call(1, {3}, {kLocked});
  apart_.AwaitBatches(1);
  script_.ReleaseAll();
  Call(2, {3}, {});
  EXPECT_THAT(RunNumber(*batcher_, 4, {}, {}, {}), IsOkAndHolds(40));
  EXPECT_FALSE(script_.Ran(2));
  apart_.ReleaseAll();
  callers_.clear();
  EXPECT_TRUE(script_.Ran(2));
}

TEST_F(ApartTest, OneTooManyApart_IsUnavailableAtOnce) {
  limits_.apart_max = 1;
  NumberBatcher& batcher = Make();
  contested_.Add(kLocked);
  Call(1, {}, {kLocked});
  apart_.AwaitBatches(1);
  Call(2, {}, {kLocked});
  while (batcher.apart() == 0) std::this_thread::yield();
  const absl::Status refused = RunNumber(batcher, 3, {}, {}, {kLocked}).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(refused).has_value());
}

TEST_F(ApartTest, CommandThatWaitsApartInVain_IsUnavailableBeforeItsDeadline) {
  NumberBatcher& batcher = Make();
  contested_.Add(kLocked);
  Call(1, {}, {kLocked});
  apart_.AwaitBatches(1);
  ports::CallContext context;
  context.deadline = absl::Now() + absl::Milliseconds(300);
  const absl::Status refused = RunNumber(batcher, 2, context, {}, {kLocked}).status();
  EXPECT_LT(absl::Now(), context.deadline);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(refused).has_value());
  apart_.ReleaseAll();
  callers_.clear();
  EXPECT_FALSE(apart_.Ran(2));
}

TEST_F(ApartTest, KeyThatIsFreeAgain_LetsThoseWhoWaitBackTogether) {
  Make();
  contested_.Add(kLocked);
  Call(1, {}, {kLocked});
  apart_.AwaitBatches(1);
  for (int command = 2; command <= 4; ++command) Call(command, {}, {kLocked});
  contested_.Remove(kLocked);
  script_.ReleaseAll();
  apart_.ReleaseAll();
  callers_.clear();
  EXPECT_THAT(apart_.Batches(), ElementsAre(ElementsAre(1)));
  for (int command = 2; command <= 4; ++command) EXPECT_TRUE(script_.Ran(command));
}

TEST_F(ApartTest, Destructor_RunsWhatWaitsApart) {
  Make();
  contested_.Add(kLocked);
  Call(1, {}, {kLocked});
  apart_.AwaitBatches(1);
  Call(2, {4}, {kLocked});
  while (batcher_->apart() == 0) std::this_thread::yield();
  std::jthread end([this] { batcher_.reset(); });
  apart_.ReleaseAll();
  end.join();
  callers_.clear();
  EXPECT_THAT(apart_.Batches(), ElementsAre(ElementsAre(1), ElementsAre(2)));
}

}  // namespace
}  // namespace logistics::storage
