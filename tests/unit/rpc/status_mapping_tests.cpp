#include "rpc/call/status_mapping.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "logistics/domain/errors.hpp"
#include "unit/rpc/details.hpp"

namespace logistics::rpc {
namespace {

using testing::HasSubstr;
using testing::Not;

// The trailing metadata that gRPC C++ clients take, all in all; binary values travel in base64.
constexpr std::size_t kTrailingBytesMax = 8 * 1024;

std::size_t TrailingBytes(const grpc::Status& status) {
  return status.error_details().size() * 4 / 3 + status.error_message().size() * 3;
}

TEST(StatusMapping, Ok_IsOkWithoutDetails) {
  const grpc::Status status = ToGrpcStatus(absl::OkStatus(), "id-1");
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(status.error_details().empty());
}

TEST(StatusMapping, DomainCodes_KeepCodeAndText) {
  const std::vector<std::pair<absl::StatusCode, grpc::StatusCode>> codes = {
      {absl::StatusCode::kCancelled, grpc::StatusCode::CANCELLED},
      {absl::StatusCode::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
      {absl::StatusCode::kDeadlineExceeded, grpc::StatusCode::DEADLINE_EXCEEDED},
      {absl::StatusCode::kNotFound, grpc::StatusCode::NOT_FOUND},
      {absl::StatusCode::kAlreadyExists, grpc::StatusCode::ALREADY_EXISTS},
      {absl::StatusCode::kPermissionDenied, grpc::StatusCode::PERMISSION_DENIED},
      {absl::StatusCode::kResourceExhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
      {absl::StatusCode::kFailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION},
      {absl::StatusCode::kAborted, grpc::StatusCode::ABORTED},
      {absl::StatusCode::kOutOfRange, grpc::StatusCode::OUT_OF_RANGE},
      {absl::StatusCode::kUnimplemented, grpc::StatusCode::UNIMPLEMENTED},
      {absl::StatusCode::kUnavailable, grpc::StatusCode::UNAVAILABLE},
      {absl::StatusCode::kUnauthenticated, grpc::StatusCode::UNAUTHENTICATED},
  };
  for (const auto& [code, expected] : codes) {
    const grpc::Status status = ToGrpcStatus(absl::Status(code, "order 7 is unknown"), "id-1");
    EXPECT_EQ(status.error_code(), expected);
    EXPECT_EQ(status.error_message(), "order 7 is unknown");
  }
}

TEST(StatusMapping, InternalUnknownDataLoss_HideTheirTextBehindTheCorrelationId) {
  for (const auto code : {absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    const grpc::Status status = ToGrpcStatus(absl::Status(code, "SELECT secret FROM db.host"), "id-1");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(status.error_message(), "internal error, correlation id id-1");
    EXPECT_THAT(status.error_details(), Not(HasSubstr("secret")));
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->metadata().at("correlation_id"), "id-1");
  }
}

TEST(StatusMapping, FieldViolations_BecomeABadRequestWithAll) {
  const grpc::Status status = ToGrpcStatus(
      domain::InvalidFieldsError({{"customer_id", "is no UUID"}, {"items[1].quantity", "0 is out of range"}}), "id-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto bad_request = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad_request.has_value());
  ASSERT_EQ(bad_request->field_violations_size(), 2);
  EXPECT_EQ(bad_request->field_violations(0).field(), "customer_id");
  EXPECT_EQ(bad_request->field_violations(1).field(), "items[1].quantity");
  EXPECT_EQ(bad_request->field_violations(1).description(), "0 is out of range");
}

TEST(StatusMapping, Conditions_BecomeAPreconditionFailure) {
  const grpc::Status status =
      ToGrpcStatus(domain::ConditionError(absl::StatusCode::kFailedPrecondition, "stock is short",
                                          {{"STOCK", "sku-1", "wanted 5, available 2"}}),
                   "id-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const auto failure = DetailOf<google::rpc::PreconditionFailure>(status);
  ASSERT_TRUE(failure.has_value());
  ASSERT_EQ(failure->violations_size(), 1);
  EXPECT_EQ(failure->violations(0).type(), "STOCK");
  EXPECT_EQ(failure->violations(0).subject(), "sku-1");
  EXPECT_EQ(failure->violations(0).description(), "wanted 5, available 2");
}

TEST(StatusMapping, RetryHint_BecomesRetryInfo) {
  const grpc::Status status = ToGrpcStatus(
      domain::RetryLaterError(absl::StatusCode::kUnavailable, "no database", absl::Milliseconds(2500)), "id-1");
  const auto retry = DetailOf<google::rpc::RetryInfo>(status);
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 2);
  EXPECT_EQ(retry->retry_delay().nanos(), 500'000'000);
}

TEST(StatusMapping, UnavailableAndExhausted_HaveARetryInfoAlsoWithoutAHint) {
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(ToGrpcStatus(absl::UnavailableError("down"), "id-1")).has_value());
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(ToGrpcStatus(absl::ResourceExhaustedError("full"), "id-1")).has_value());
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(ToGrpcStatus(absl::NotFoundError("gone"), "id-1")).has_value());
}

TEST(StatusMapping, ManyViolations_AreAllNamedWithinWhatAClientTakes) {
  std::vector<domain::FieldViolation> violations;
  for (int i = 0; i < 100; ++i) {
    violations.push_back({absl::StrCat("items[", i, "].quantity"), std::string(300, 'x')});
  }
  const grpc::Status status = ToGrpcStatus(domain::InvalidFieldsError(violations), "id-1");
  EXPECT_LT(TrailingBytes(status), kTrailingBytesMax);
  const auto bad_request = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad_request.has_value());
  ASSERT_EQ(bad_request->field_violations_size(), 100);
  EXPECT_EQ(bad_request->field_violations(99).field(), "items[99].quantity");
}

TEST(StatusMapping, MoreViolationsThanFit_AreCountedInTheLast) {
  std::vector<domain::ConditionViolation> violations(1000, {"STOCK", std::string(36, 's'), std::string(300, 'x')});
  const grpc::Status status = ToGrpcStatus(
      domain::ConditionError(absl::StatusCode::kFailedPrecondition, std::string(9000, 'm'), violations), "id-1");
  EXPECT_LT(TrailingBytes(status), kTrailingBytesMax);
  const auto failure = DetailOf<google::rpc::PreconditionFailure>(status);
  ASSERT_TRUE(failure.has_value());
  const int named = failure->violations_size() - 1;
  EXPECT_GT(named, 50);
  EXPECT_EQ(failure->violations(named).description(),
            absl::StrCat("and ", 1000 - named, " more that do not fit into one answer"));
}

TEST(StatusMapping, LongText_IsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "\xE2\x82\xAC";  // the euro sign, three bytes
  const std::string shortened = ToGrpcStatus(absl::NotFoundError(text), "id-1").error_message();
  EXPECT_LT(shortened.size(), text.size());
  EXPECT_EQ((shortened.size() - 3) % 3, 0u);  // whole signs and "..."
  EXPECT_THAT(shortened, testing::EndsWith("..."));
}

TEST(StatusMapping, CommitInDoubt_IsUnknownWithReasonAndIdAndNoRetryInfo) {
  const grpc::Status status = ToGrpcStatus(domain::CommitInDoubtError(false, {{"order_id", "the order"}}), "id-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(status).has_value());
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason(), "COMMIT_IN_DOUBT");
  EXPECT_EQ(info->domain(), "logistics-engine");
  EXPECT_EQ(info->metadata().at("order_id"), "the order");

  const grpc::Status repeatable = ToGrpcStatus(domain::CommitInDoubtError(true, {}), "id-1");
  EXPECT_EQ(repeatable.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(repeatable).has_value());
  EXPECT_EQ(ToGrpcStatus(absl::UnknownError("SELECT 1"), "id-1").error_code(), grpc::StatusCode::INTERNAL);
}

}  // namespace
}  // namespace logistics::rpc
