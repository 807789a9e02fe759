#include "logistics/domain/errors.hpp"

#include <cstdint>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace logistics::domain {
namespace {

constexpr char kFieldsUrl[] = "type.logistics-engine/domain.FieldViolations";
constexpr char kConditionsUrl[] = "type.logistics-engine/domain.ConditionViolations";
constexpr char kRetryUrl[] = "type.logistics-engine/domain.RetryAfter";
constexpr char kInfoUrl[] = "type.logistics-engine/domain.ErrorInfo";

// The message is a line for people and logs; the payload has all violations.
constexpr std::size_t kNamedInMessageMax = 5;

// A payload is a row of strings, each behind its length as four bytes, lowest first.
void Append(std::string& bytes, std::string_view text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>((length >> shift) & 0xFF));
  bytes.append(text);
}

// The strings of a payload; empty when it is damaged.
std::vector<std::string> StringsOf(std::string_view bytes) {
  std::vector<std::string> strings;
  while (!bytes.empty()) {
    if (bytes.size() < 4) return {};
    std::uint32_t length = 0;
    for (std::size_t i = 4; i > 0; --i) length = (length << 8) | static_cast<unsigned char>(bytes[i - 1]);
    bytes.remove_prefix(4);
    if (bytes.size() < length) return {};
    strings.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return strings;
}

std::vector<std::string> PayloadOf(const absl::Status& status, const char* url) {
  const absl::optional<absl::Cord> payload = status.GetPayload(url);
  if (!payload) return {};
  return StringsOf(std::string(*payload));
}

absl::Status StatusWith(absl::StatusCode code, std::string_view message, const char* url, const std::string& payload) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  status.SetPayload(url, absl::Cord(payload));
  return status;
}

void SetErrorInfo(absl::Status& status, std::string_view reason,
                  const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::string payload;
  Append(payload, reason);
  for (const auto& [name, value] : metadata) {
    Append(payload, name);
    Append(payload, value);
  }
  status.SetPayload(kInfoUrl, absl::Cord(payload));
}

}  // namespace

absl::Status InvalidFieldsError(const std::vector<FieldViolation>& violations) {
  std::string message = "invalid request";
  std::string payload;
  std::size_t named = 0;
  for (const FieldViolation& violation : violations) {
    if (named < kNamedInMessageMax) {
      message.append(named == 0 ? ": " : "; ").append(violation.field).append(": ").append(violation.description);
      ++named;
    }
    Append(payload, violation.field);
    Append(payload, violation.description);
  }
  if (violations.size() > named) message.append(absl::StrCat("; and ", violations.size() - named, " more"));
  return StatusWith(absl::StatusCode::kInvalidArgument, message, kFieldsUrl, payload);
}

absl::Status ConditionError(absl::StatusCode code, std::string_view message,
                            const std::vector<ConditionViolation>& violations) {
  std::string payload;
  for (const ConditionViolation& violation : violations) {
    Append(payload, violation.type);
    Append(payload, violation.subject);
    Append(payload, violation.description);
  }
  return StatusWith(code, message, kConditionsUrl, payload);
}

absl::Status RetryLaterError(absl::StatusCode code, std::string_view message, absl::Duration retry_after) {
  std::string payload;
  Append(payload, std::to_string(absl::ToInt64Nanoseconds(retry_after)));
  return StatusWith(code, message, kRetryUrl, payload);
}

absl::Status MessageTooLargeError(std::size_t bytes, std::size_t bytes_max) {
  absl::Status status = absl::ResourceExhaustedError(
      absl::StrCat("the message of ", bytes, " bytes is too large, at most ", bytes_max, " are allowed"));
  SetErrorInfo(status, kMessageTooLarge, {{"bytes", absl::StrCat(bytes)}, {"bytes_max", absl::StrCat(bytes_max)}});
  return status;
}

absl::Status CommitInDoubtError(bool repeatable, const std::vector<std::pair<std::string, std::string>>& metadata) {
  absl::Status status =
      repeatable ? RetryLaterError(absl::StatusCode::kUnavailable,
                                   "the database did not answer the commit, its outcome is not known; the same request "
                                   "again changes nothing twice",
                                   absl::Seconds(1))
                 : absl::UnknownError(
                       "the database did not answer the commit, its outcome is not known; look before you repeat it");
  SetErrorInfo(status, kCommitInDoubt, metadata);
  return status;
}

bool IsCommitInDoubt(const absl::Status& status) {
  const std::optional<ErrorInfo> info = ErrorInfoOf(status);
  return info && info->reason == kCommitInDoubt;
}

std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status) {
  std::vector<std::string> strings = PayloadOf(status, kFieldsUrl);
  std::vector<FieldViolation> violations;
  for (std::size_t i = 0; i + 1 < strings.size(); i += 2) {
    violations.push_back({std::move(strings[i]), std::move(strings[i + 1])});
  }
  return violations;
}

std::vector<ConditionViolation> ConditionViolationsOf(const absl::Status& status) {
  std::vector<std::string> strings = PayloadOf(status, kConditionsUrl);
  std::vector<ConditionViolation> violations;
  for (std::size_t i = 0; i + 2 < strings.size(); i += 3) {
    violations.push_back({std::move(strings[i]), std::move(strings[i + 1]), std::move(strings[i + 2])});
  }
  return violations;
}

std::optional<absl::Duration> RetryAfterOf(const absl::Status& status) {
  const std::vector<std::string> strings = PayloadOf(status, kRetryUrl);
  std::int64_t nanoseconds = 0;
  if (strings.size() != 1 || !absl::SimpleAtoi(strings[0], &nanoseconds)) return std::nullopt;
  return absl::Nanoseconds(nanoseconds);
}

std::optional<ErrorInfo> ErrorInfoOf(const absl::Status& status) {
  std::vector<std::string> strings = PayloadOf(status, kInfoUrl);
  if (strings.empty()) return std::nullopt;
  ErrorInfo info{std::move(strings[0]), {}};
  for (std::size_t i = 1; i + 1 < strings.size(); i += 2) {
    info.metadata.emplace_back(std::move(strings[i]), std::move(strings[i + 1]));
  }
  return info;
}

}  // namespace logistics::domain
