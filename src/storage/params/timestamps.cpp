#include "storage/params/timestamps.hpp"

namespace logistics::storage {
namespace {

constexpr std::int64_t kPostgresEpochUs = 946'684'800'000'000;  // 2000-01-01 in Unix time

}  // namespace

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", ToMicroseconds(time), absl::UTCTimeZone());
}

std::int64_t TimeBinary(absl::Time time) { return absl::ToUnixMicros(time) - kPostgresEpochUs; }

absl::Time TimeOfBinary(std::int64_t microseconds) { return absl::FromUnixMicros(microseconds + kPostgresEpochUs); }

absl::Time ToMicroseconds(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

}  // namespace logistics::storage
