// Errors that carry what a caller needs to act: the fields that are wrong, the conditions that do not hold, when to
// try again. They travel as payloads of absl::Status, so that no layer between the decision and the wire has to know
// them; rpc/ turns them into google.rpc.BadRequest, PreconditionFailure, RetryInfo and ErrorInfo (contract §5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// A machine's name of an error, UPPER_SNAKE, and what it is about, by name.
struct ErrorInfo {
  std::string reason;
  std::vector<std::pair<std::string, std::string>> metadata;
  friend bool operator==(const ErrorInfo&, const ErrorInfo&) = default;
};

// INVALID_ARGUMENT naming every field. `violations` is not empty.
absl::Status InvalidFieldsError(const std::vector<FieldViolation>& violations);

// `code` (FAILED_PRECONDITION, ABORTED, NOT_FOUND, ALREADY_EXISTS) with the conditions that did not hold.
absl::Status ConditionError(absl::StatusCode code, std::string_view message,
                            const std::vector<ConditionViolation>& violations);

// UNAVAILABLE or RESOURCE_EXHAUSTED with the time after which a retry makes sense.
absl::Status RetryLaterError(absl::StatusCode code, std::string_view message, absl::Duration retry_after);

// The reason of an error that says how large a message may be.
inline constexpr char kMessageTooLarge[] = "MESSAGE_TOO_LARGE";

// RESOURCE_EXHAUSTED with the reason kMessageTooLarge, and without a retry hint: the same message is as large again.
absl::Status MessageTooLargeError(std::size_t bytes, std::size_t bytes_max);

// The reason of an error whose commit was sent and not answered: the change may have happened.
inline constexpr char kCommitInDoubt[] = "COMMIT_IN_DOUBT";

// That a change may have happened. `repeatable`: UNAVAILABLE with a retry hint, since the same request again changes
// nothing twice; else UNKNOWN. Both with the reason kCommitInDoubt and what was perhaps changed, by name.
absl::Status CommitInDoubtError(bool repeatable, const std::vector<std::pair<std::string, std::string>>& metadata);
bool IsCommitInDoubt(const absl::Status& status);

// What the errors above carried; empty for other statuses.
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);
std::vector<ConditionViolation> ConditionViolationsOf(const absl::Status& status);
std::optional<absl::Duration> RetryAfterOf(const absl::Status& status);
std::optional<ErrorInfo> ErrorInfoOf(const absl::Status& status);

}  // namespace logistics::domain
