#include "ctl/orders/seen_versions.hpp"

#include <gtest/gtest.h>

namespace logistics::ctl {
namespace {

TEST(SeenVersionsTest, Version_IsNewOnce) {
  SeenVersions seen(10);
  EXPECT_TRUE(seen.Add("a", 1));
  EXPECT_TRUE(seen.Add("b", 1));
  EXPECT_FALSE(seen.Add("a", 1));
  EXPECT_TRUE(seen.Add("a", 3));
  EXPECT_FALSE(seen.Add("a", 2));
}

TEST(SeenVersionsTest, OrderNotHeardOfForLong_IsForgotten) {
  SeenVersions seen(2);
  seen.Add("a", 1);
  seen.Add("b", 1);
  seen.Add("a", 1);
  seen.Add("c", 1);  // takes the place of b, which was heard of before a
  EXPECT_FALSE(seen.Add("a", 1));
  EXPECT_TRUE(seen.Add("b", 1));
}

}  // namespace
}  // namespace logistics::ctl
