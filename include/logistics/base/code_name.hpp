#pragma once

#include <string>

#include "absl/status/status.h"

namespace logistics::base {

// "NOT_FOUND" for the number of a status code, absl's or gRPC's (they are the same); "UNKNOWN" for other numbers.
inline std::string CodeName(int code) {
  std::string name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
  return name.empty() ? "UNKNOWN" : name;
}

}  // namespace logistics::base
