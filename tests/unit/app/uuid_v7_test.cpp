#include "app/uuid_v7.hpp"

#include "fakes/fake_clock.hpp"
#include "gtest/gtest.h"

namespace logistics::app {
namespace {

std::uint64_t TimeOf(const domain::Uuid& id) {
  std::uint64_t time_ms = 0;
  for (std::size_t i = 0; i < 6; ++i) time_ms = time_ms << 8 | id.bytes()[i];
  return time_ms;
}

class UuidV7Test : public testing::Test {
 protected:
  fakes::FakeClock clock_;
  UuidV7Generator ids_{clock_};
};

TEST_F(UuidV7Test, Ids_AreOfVersionSevenAndOfTheirTime) {
  const domain::Uuid id = ids_.NewId();
  EXPECT_EQ(TimeOf(id), static_cast<std::uint64_t>(absl::ToUnixMillis(clock_.Now())));
  EXPECT_EQ(id.bytes()[6] >> 4, 7);
  EXPECT_EQ(id.bytes()[8] >> 6, 2);
}

// Indexes and lists rely on it: an id that is made later is the greater one.
TEST_F(UuidV7Test, ClockThatGoesBack_MakesNoSmallerIdAndNoRepetition) {
  domain::Uuid last = ids_.NewId();
  const std::uint64_t time = TimeOf(last);
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(i % 10 == 0 ? -absl::Hours(1) : absl::Milliseconds(1));
    const domain::Uuid next = ids_.NewId();
    EXPECT_LT(last, next);
    last = next;
  }
  EXPECT_EQ(TimeOf(last), time) << "time stands still until the clock is there again";
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(TimeOf(ids_.NewId()), static_cast<std::uint64_t>(absl::ToUnixMillis(clock_.Now())));
}

TEST_F(UuidV7Test, MoreInAMillisecondThanTheCounterHolds_GoOnInTheNext) {
  constexpr int kCounterValues = 0x1000;
  const std::uint64_t time = TimeOf(ids_.NewId());
  domain::Uuid last = ids_.NewId();
  for (int i = 2; i < 3 * kCounterValues; ++i) {
    const domain::Uuid next = ids_.NewId();
    ASSERT_LT(last, next) << i;
    last = next;
  }
  EXPECT_EQ(TimeOf(last), time + 2);
}

TEST_F(UuidV7Test, ClockBefore1970_IsTheBeginningOfTime) {
  clock_.Set(absl::FromUnixSeconds(-1));
  EXPECT_EQ(TimeOf(ids_.NewId()), 0U);
}

}  // namespace
}  // namespace logistics::app
