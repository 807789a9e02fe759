#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::rpc {

// nullopt, and a violation of `field`, where the nanos are not those of a fraction of a second. Seconds beyond the
// years 1 to 9999 are taken as they are: services refuse such times by the field's name.
std::optional<absl::Time> TimeFrom(const google::protobuf::Timestamp& timestamp, const domain::FieldPath& field,
                                   std::vector<domain::FieldViolation>& malformed);

void FillTimestamp(absl::Time time, google::protobuf::Timestamp& timestamp);

}  // namespace logistics::rpc
