#include "storage/params/timestamps.hpp"

#include <gmock/gmock.h>

namespace logistics::storage {
namespace {

TEST(TimeTextTest, IsUtcToTheMicrosecond) {
  const absl::Time time = absl::FromCivil(absl::CivilSecond(2026, 1, 2, 3, 4, 5), absl::UTCTimeZone());
  EXPECT_EQ(TimeText(time), "2026-01-02 03:04:05.000000+00");
  EXPECT_EQ(TimeText(time + absl::Nanoseconds(678'901'999)), "2026-01-02 03:04:05.678901+00");
}

// The earliest that a protobuf timestamp holds. Postgres reads "1-01-01" as the first of January 2001.
TEST(TimeTextTest, EarlyYears_KeepFourDigits) {
  EXPECT_EQ(TimeText(absl::FromCivil(absl::CivilSecond(1, 1, 1), absl::UTCTimeZone())),
            "0001-01-01 00:00:00.000000+00");
  EXPECT_EQ(TimeText(absl::FromCivil(absl::CivilSecond(987, 6, 5), absl::UTCTimeZone())),
            "0987-06-05 00:00:00.000000+00");
}

TEST(ToMicrosecondsTest, CutsAndNeverRounds) {
  EXPECT_EQ(ToMicroseconds(absl::FromUnixNanos(1'999)), absl::FromUnixMicros(1));
  EXPECT_EQ(ToMicroseconds(absl::FromUnixMicros(7)), absl::FromUnixMicros(7));
  EXPECT_EQ(ToMicroseconds(absl::FromUnixNanos(-1)), absl::FromUnixMicros(-1));
}

}  // namespace
}  // namespace logistics::storage
