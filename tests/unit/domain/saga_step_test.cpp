#include "logistics/domain/saga_step.hpp"

#include <gtest/gtest.h>

namespace logistics::domain {
namespace {

using Kind = SagaStep::Kind;

TEST(SagaStep, EachName_IsReadBack) {
  const struct {
    SagaStep step;
    const char* name;
  } cases[] = {{{Kind::kRelease, 0}, "release"},     {{Kind::kReleaseAgain, 0}, "release_again"},
               {{Kind::kCommit, 0}, "commit"},       {{Kind::kRestock, 0}, "restock 0"},
               {{Kind::kRestock, 12}, "restock 12"}, {{Kind::kRestocking, 3}, "restocking 3"}};
  for (const auto& one : cases) {
    EXPECT_EQ(SagaStepName(one.step), one.name);
    EXPECT_EQ(SagaStepFromName(one.name), one.step);
  }
}

TEST(SagaStep, OtherTexts_AreNone) {
  for (const char* text : {"", "restock", "restocking ", "restock x", "restock 1x", "restock -1", "release 0", "refund",
                           "release ", "restock 99999999999999999999"}) {
    EXPECT_EQ(SagaStepFromName(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace logistics::domain
