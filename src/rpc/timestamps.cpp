#include "rpc/timestamps.hpp"

#include <cstdint>

namespace logistics::rpc {
namespace {

// The range that timestamp.proto documents: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
constexpr std::int64_t kSecondsMin = -62'135'596'800;
constexpr std::int64_t kSecondsMax = 253'402'300'799;
constexpr std::int32_t kNanosMax = 999'999'999;

}  // namespace

std::optional<absl::Time> TimeFrom(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() < kSecondsMin || timestamp.seconds() > kSecondsMax) return std::nullopt;
  if (timestamp.nanos() < 0 || timestamp.nanos() > kNanosMax) return std::nullopt;
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void FillTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, so nanos are never negative
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace logistics::rpc
