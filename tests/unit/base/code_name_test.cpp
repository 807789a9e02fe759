#include "logistics/base/code_name.hpp"

#include <gtest/gtest.h>

namespace logistics::base {
namespace {

TEST(CodeName, OfEachCode_IsGrpcsName) {
  EXPECT_EQ(CodeName(0), "OK");
  EXPECT_EQ(CodeName(5), "NOT_FOUND");
  EXPECT_EQ(CodeName(16), "UNAUTHENTICATED");
  EXPECT_EQ(CodeName(20), "UNKNOWN");
}

}  // namespace
}  // namespace logistics::base
