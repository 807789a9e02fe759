// Errors that carry what a caller needs to act: the fields that are wrong, the conditions that do not hold, when to
// try again. They travel as payloads of absl::Status, so that no layer between the decision and the wire has to know
// them; rpc/ turns them into google.rpc.BadRequest, PreconditionFailure and RetryInfo (contract §5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace logistics::domain {

// One field of a request that is wrong. `field` is its path as the client wrote it: "items[2].unit_price".
struct FieldViolation {
  std::string field;
  std::string description;  // carries the rejected value and the limit
  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// One condition that did not hold. `type` is a constant such as "STOCK" or "ORDER_STATUS".
struct ConditionViolation {
  std::string type;
  std::string subject;      // what it is about: a product, an order
  std::string description;  // wanted and found, in numbers or states
  friend bool operator==(const ConditionViolation&, const ConditionViolation&) = default;
};

// INVALID_ARGUMENT naming every field. `violations` is not empty.
absl::Status InvalidFieldsError(const std::vector<FieldViolation>& violations);

// `code` (FAILED_PRECONDITION, ABORTED, NOT_FOUND, ALREADY_EXISTS) with the conditions that did not hold.
absl::Status ConditionError(absl::StatusCode code, std::string_view message,
                            const std::vector<ConditionViolation>& violations);

// UNAVAILABLE or RESOURCE_EXHAUSTED with the time after which a retry makes sense.
absl::Status RetryLaterError(absl::StatusCode code, std::string_view message, absl::Duration retry_after);

// What the errors above carried; empty for other statuses.
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);
std::vector<ConditionViolation> ConditionViolationsOf(const absl::Status& status);
std::optional<absl::Duration> RetryAfterOf(const absl::Status& status);

}  // namespace logistics::domain
