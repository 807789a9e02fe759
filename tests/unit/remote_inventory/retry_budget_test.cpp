#include "remote_inventory/retry_budget.hpp"

#include <algorithm>

#include "gtest/gtest.h"

namespace logistics::remote_inventory {
namespace {

TEST(RetryBudget, BeginsFullAndEarnsAPartOfARetryWithEachRead) {
  RetryBudget budget({.budget_ratio = 0.25, .budget_max = 2});
  EXPECT_TRUE(budget.TryTake());
  EXPECT_TRUE(budget.TryTake());
  EXPECT_FALSE(budget.TryTake());
  for (int i = 0; i < 3; ++i) budget.NoteRead();
  EXPECT_FALSE(budget.TryTake());
  budget.NoteRead();
  EXPECT_TRUE(budget.TryTake());
}

TEST(RetryBudget, SavesUpNoMoreThanItsBound) {
  RetryBudget budget({.budget_ratio = 0.5, .budget_max = 2});
  for (int i = 0; i < 100; ++i) budget.NoteRead();
  int taken = 0;
  while (budget.TryTake()) ++taken;
  EXPECT_EQ(taken, 2);
}

TEST(RetryBudget, DelaysGrowWithinTheirBoundsAndDiffer) {
  const ReadRetryOptions options{.delay_min = absl::Milliseconds(10), .delay_max = absl::Milliseconds(100)};
  const RetryBudget budget(options);
  for (int retry : {0, 1, 2, 3, 4, 30}) {
    const absl::Duration full = std::min(options.delay_max, options.delay_min * (1 << std::min(retry, 10)));
    const absl::Duration first = budget.Delay(retry);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
      const absl::Duration delay = budget.Delay(retry);
      EXPECT_GE(delay, full / 2);
      EXPECT_LE(delay, full);
      differs = differs || delay != first;
    }
    EXPECT_TRUE(differs);
  }
}

}  // namespace
}  // namespace logistics::remote_inventory
