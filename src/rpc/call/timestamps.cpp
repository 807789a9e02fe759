#include "rpc/call/timestamps.hpp"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace logistics::rpc {
namespace {

constexpr std::int32_t kNanosMax = 999'999'999;  // as timestamp.proto says

}  // namespace

std::optional<absl::Time> TimeFrom(const google::protobuf::Timestamp& timestamp, const domain::FieldPath& field,
                                   std::vector<domain::FieldViolation>& malformed) {
  if (timestamp.nanos() < 0 || timestamp.nanos() > kNanosMax) {
    malformed.push_back(
        {field.ToString(), absl::StrCat("nanos ", timestamp.nanos(), " are out of range, 0 to ", kNanosMax)});
    return std::nullopt;
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void FillTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp) {
  const std::int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, so nanos are never negative
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace logistics::rpc
