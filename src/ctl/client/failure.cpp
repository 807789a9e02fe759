#include "ctl/client/failure.hpp"

#include "absl/strings/str_cat.h"
#include "ctl/client/session.hpp"
#include "ctl/client/text.hpp"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "logistics/domain/errors.hpp"

namespace logistics::ctl {
namespace {

std::string CodeWord(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "invalid request";
    case grpc::StatusCode::NOT_FOUND:
      return "not found";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "already exists";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "refused";
    case grpc::StatusCode::ABORTED:
      return "changed meanwhile";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "overloaded";
    case grpc::StatusCode::OUT_OF_RANGE:
      return "no way on from this token";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "the server does not offer this call";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "no valid credentials";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "not allowed";
    case grpc::StatusCode::UNAVAILABLE:
      return "not available";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "no answer in time";
    case grpc::StatusCode::UNKNOWN:
      return "the outcome is not known";
    default:
      return "failed";
  }
}

// The text of one detail, line by line.
std::string DescribeDetail(const google::protobuf::Any& detail) {
  std::string text;
  google::rpc::BadRequest bad_request;
  google::rpc::PreconditionFailure failure;
  google::rpc::RetryInfo retry;
  google::rpc::ErrorInfo info;
  if (detail.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      absl::StrAppend(&text, "  ", OneLine(violation.field()), violation.field().empty() ? "" : ": ",
                      OneLine(violation.description()), "\n");
    }
  } else if (detail.UnpackTo(&failure)) {
    for (const auto& violation : failure.violations()) {
      absl::StrAppend(&text, "  ", OneLine(violation.type()), " ", OneLine(violation.subject()), ": ",
                      OneLine(violation.description()), "\n");
    }
  } else if (detail.UnpackTo(&retry)) {
    const double seconds =
        static_cast<double>(retry.retry_delay().seconds()) + static_cast<double>(retry.retry_delay().nanos()) / 1e9;
    absl::StrAppend(&text, "  try again in ", seconds, " s\n");
  } else if (detail.UnpackTo(&info) && info.reason() == domain::kCommitInDoubt) {
    for (const auto& [name, value] : info.metadata())
      absl::StrAppend(&text, "  ", OneLine(name), " ", OneLine(value), "\n");
  }
  return text;
}

}  // namespace

std::string Headline(const Failure& failure) {
  const bool unreachable =
      failure.status.error_code() == grpc::StatusCode::UNAVAILABLE && failure.correlation_id.empty();
  return absl::StrCat(unreachable ? "no server at " + failure.address : CodeWord(failure.status.error_code()), ": ",
                      OneLine(failure.status.error_message()));
}

std::string Describe(const Failure& failure) {
  const grpc::Status& status = failure.status;
  std::string details_text;
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : details.details())
      absl::StrAppend(&details_text, DescribeDetail(detail));
  }
  // The message of a bad request is the list of its fields once more.
  const bool listed_below = status.error_code() == grpc::StatusCode::INVALID_ARGUMENT && !details_text.empty();
  std::string text = listed_below ? CodeWord(status.error_code()) : Headline(failure);
  absl::StrAppend(&text, "\n", details_text);
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    absl::StrAppend(&text, "  the change may have happened: look before you repeat it\n");
  }
  if (!failure.correlation_id.empty()) {
    absl::StrAppend(&text, "  correlation id ", OneLine(failure.correlation_id), "\n");
  }
  return text;
}

int ExitCodeOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return kExitOk;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNKNOWN:
      return kExitUnavailable;
    default:
      return kExitRefused;
  }
}

}  // namespace logistics::ctl
