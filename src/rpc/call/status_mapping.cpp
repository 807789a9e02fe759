#include "rpc/call/status_mapping.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "logistics/base/cut_text.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::rpc {
namespace {

constexpr char kErrorDomain[] = "logistics-engine";

// gRPC C++ clients take 8 KiB of trailing metadata. Details count in base64 (4/3) and hold the message once more; the
// message itself is percent-encoded (up to three times its bytes).
constexpr std::size_t kDetailsBytesMax = 4'096;
constexpr std::size_t kMessageBytesMax = 512;
constexpr std::size_t kMoreNoteBytes = 96;

// Texts are cut to the first of these lengths with which every violation fits.
constexpr std::array<std::size_t, 4> kTextBytesMax = {512, 128, 48, 0};
constexpr std::size_t kNameBytesMax = 128;

constexpr absl::Duration kRetryDefault = absl::Seconds(1);

std::string Shortened(absl::string_view text, std::size_t bytes_max) {
  const std::string cut(base::CutText({text.data(), text.size()}, bytes_max));
  return cut.empty() || cut.size() == text.size() ? cut : cut + "...";
}

google::rpc::BadRequest::FieldViolation ToProto(const domain::FieldViolation& violation, std::size_t text_bytes_max) {
  google::rpc::BadRequest::FieldViolation proto;
  proto.set_field(Shortened(violation.field, kNameBytesMax));
  proto.set_description(Shortened(violation.description, text_bytes_max));
  return proto;
}

google::rpc::PreconditionFailure::Violation ToProto(const domain::ConditionViolation& violation,
                                                    std::size_t text_bytes_max) {
  google::rpc::PreconditionFailure::Violation proto;
  proto.set_type(Shortened(violation.type, kNameBytesMax));
  proto.set_subject(Shortened(violation.subject, kNameBytesMax));
  proto.set_description(Shortened(violation.description, text_bytes_max));
  return proto;
}

// Adds all violations to `list`, shortened until they fit; those that never fit are counted in a last one.
template <typename List, typename Violation>
void AddFitting(const std::vector<Violation>& violations, List& list) {
  for (const std::size_t text_bytes_max : kTextBytesMax) {
    const bool last_try = text_bytes_max == kTextBytesMax.back();
    list.Clear();
    std::size_t bytes = 0;
    for (const Violation& violation : violations) {
      auto proto = ToProto(violation, text_bytes_max);
      bytes += proto.ByteSizeLong() + 3;  // with tag and length
      if (bytes > kDetailsBytesMax - kMoreNoteBytes) break;
      *list.Add() = std::move(proto);
    }
    const std::size_t left = violations.size() - static_cast<std::size_t>(list.size());
    if (left == 0) return;
    if (last_try) list.Add()->set_description(absl::StrCat("and ", left, " more that do not fit into one answer"));
  }
}

template <typename Message>
void AddDetail(const Message& message, google::rpc::Status& details) {
  details.add_details()->PackFrom(message);
}

void AddRetryInfo(absl::Duration delay, google::rpc::Status& details) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(delay, absl::Seconds(1), &delay));
  retry.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(absl::ToInt64Nanoseconds(delay)));
  AddDetail(retry, details);
}

grpc::Status WithDetails(grpc::StatusCode code, google::rpc::Status& details) {
  details.set_code(code);
  return {code, details.message(), details.SerializeAsString()};
}

void AddErrorInfo(const domain::ErrorInfo& info, google::rpc::Status& details) {
  google::rpc::ErrorInfo proto;
  proto.set_reason(info.reason);
  proto.set_domain(kErrorDomain);
  for (const auto& [name, value] : info.metadata) (*proto.mutable_metadata())[name] = value;
  AddDetail(proto, details);
}

grpc::Status InternalStatus(std::string_view correlation_id) {
  const std::string id(correlation_id);
  google::rpc::Status details;
  details.set_message(absl::StrCat("internal error, correlation id ", id));
  AddErrorInfo({"INTERNAL", {{"correlation_id", id}}}, details);
  return WithDetails(grpc::StatusCode::INTERNAL, details);
}

}  // namespace

bool HidesText(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnknown:
      return !domain::IsCommitInDoubt(status);
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view correlation_id) {
  if (status.ok()) return grpc::Status::OK;
  if (HidesText(status)) return InternalStatus(correlation_id);

  google::rpc::Status details;
  details.set_message(Shortened(status.message(), kMessageBytesMax));
  if (const auto fields = domain::FieldViolationsOf(status); !fields.empty()) {
    google::rpc::BadRequest bad_request;
    AddFitting(fields, *bad_request.mutable_field_violations());
    AddDetail(bad_request, details);
  }
  if (const auto conditions = domain::ConditionViolationsOf(status); !conditions.empty()) {
    google::rpc::PreconditionFailure failure;
    AddFitting(conditions, *failure.mutable_violations());
    AddDetail(failure, details);
  }
  const std::optional<domain::ErrorInfo> info = domain::ErrorInfoOf(status);
  const bool too_large = info && info->reason == domain::kMessageTooLarge;
  const bool retry_makes_sense = status.code() == absl::StatusCode::kUnavailable ||
                                 (status.code() == absl::StatusCode::kResourceExhausted && !too_large);
  if (const std::optional<absl::Duration> delay = domain::RetryAfterOf(status); delay || retry_makes_sense) {
    AddRetryInfo(delay.value_or(kRetryDefault), details);
  }
  if (info) AddErrorInfo(*info, details);
  // The numbers of absl's codes are gRPC's.
  return WithDetails(static_cast<grpc::StatusCode>(status.code()), details);
}

}  // namespace logistics::rpc
