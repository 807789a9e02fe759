#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

namespace logistics::rpc {

// An invalid timestamp gives a time outside of the years 1 to 9999, which services refuse by the field's name: seconds
// beyond them as they are, bad nanos absl::InfiniteFuture().
absl::Time TimeFrom(const google::protobuf::Timestamp& timestamp);

void FillTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp);

}  // namespace logistics::rpc
