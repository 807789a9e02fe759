#pragma once

#include <string>
#include <vector>

#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::fakes {

// Which fields an INVALID_ARGUMENT names, in its order.
inline std::vector<std::string> BadFields(const absl::Status& status) {
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  std::vector<std::string> fields;
  for (const domain::FieldViolation& violation : domain::FieldViolationsOf(status)) fields.push_back(violation.field);
  return fields;
}

}  // namespace logistics::fakes
