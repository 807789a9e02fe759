#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace logistics::storage {

// The text form of a timestamptz parameter, to the microsecond. Years from 0001 to 9999.
std::string TimeText(absl::Time time);

// The binary form of the same: microseconds since the beginning of 2000.
std::int64_t TimeBinary(absl::Time time);
absl::Time TimeOfBinary(std::int64_t microseconds);

// Cuts to microseconds, as a timestamptz does, so that an answer equals the stored value.
absl::Time ToMicroseconds(absl::Time time);

}  // namespace logistics::storage
