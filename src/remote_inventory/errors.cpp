#include "remote_inventory/errors.hpp"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "logistics/base/code_name.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::remote_inventory {

absl::Status ToStatus(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::INVALID_ARGUMENT:
      return absl::InvalidArgumentError("the inventory service refuses the request as invalid");
    case grpc::StatusCode::NOT_FOUND:
      return absl::NotFoundError("the inventory service does not know it");
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return domain::RetryLaterError(absl::StatusCode::kResourceExhausted, "the inventory service is overloaded",
                                     kRetryAfter);
    case grpc::StatusCode::UNIMPLEMENTED:
      return TryAgain("the service at the inventory's address does not serve this call", kWrongPeerRetryAfter);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return TryAgain("the inventory service did not answer in time", kRetryAfter);
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED:
      return TryAgain("the inventory service is not available", kRetryAfter);
    default:
      return absl::InternalError(
          absl::StrCat("the inventory service failed with ", base::CodeName(status.error_code())));
  }
}

Verdict VerdictOf(const grpc::Status& status, absl::Duration taken, absl::Duration call_timeout) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return Verdict::kFailed;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return taken >= std::min(call_timeout, kFairCallTime) ? Verdict::kFailed : Verdict::kNothing;
    case grpc::StatusCode::CANCELLED:
      return Verdict::kNothing;
    default:
      return Verdict::kAnswered;
  }
}

bool IsAnswer(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return true;
    default:
      return false;
  }
}

bool IsNothingPending(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return true;
    case grpc::StatusCode::INTERNAL:
      return status.error_message().find("no pending reservations found") != std::string::npos;
    default:
      return false;
  }
}

std::string OneLine(std::string_view words) {
  constexpr std::size_t kShownBytesMax = 400;
  std::string line(words.substr(0, kShownBytesMax));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return words.size() > kShownBytesMax ? line + "..." : line;
}

std::string Described(const grpc::Status& status) {
  return absl::StrCat(base::CodeName(status.error_code()), ": ", OneLine(status.error_message()));
}

absl::Status TryAgain(std::string_view message, absl::Duration retry_after) {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, message, retry_after);
}

}  // namespace logistics::remote_inventory
