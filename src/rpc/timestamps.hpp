#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>

#include "absl/time/time.h"

namespace logistics::rpc {

// nullopt when the timestamp is none: outside of the years 1 to 9999, or nanos outside of 0 to 999,999,999.
std::optional<absl::Time> TimeFrom(const google::protobuf::Timestamp& timestamp);

void FillTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp);

}  // namespace logistics::rpc
