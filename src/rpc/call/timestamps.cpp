#include "rpc/call/timestamps.hpp"

#include <cstdint>

namespace logistics::rpc {
namespace {

constexpr std::int32_t kNanosMax = 999'999'999;  // as timestamp.proto says

}  // namespace

absl::Time TimeFrom(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.nanos() < 0 || timestamp.nanos() > kNanosMax) return absl::InfiniteFuture();
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void FillTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, so nanos are never negative
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace logistics::rpc
