#include "logistics/domain/errors.hpp"

#include <gmock/gmock.h>

#include "absl/strings/cord.h"
#include "fakes/status_matchers.hpp"

namespace logistics::domain {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Errors, InvalidFields_CarryEveryViolation) {
  const std::vector<FieldViolation> violations = {{"items[2].unit_price", "-1 is negative"}, {"customer_id", ""}};
  const absl::Status status = InvalidFieldsError(violations);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("items[2].unit_price: -1 is negative")));
  EXPECT_EQ(FieldViolationsOf(status), violations);
  EXPECT_THAT(ConditionViolationsOf(status), IsEmpty());
  EXPECT_FALSE(RetryAfterOf(status));
}

TEST(Errors, ManyInvalidFields_MessageStaysShortAndPayloadHasAll) {
  const std::vector<FieldViolation> violations(1000, {"items[0].sku", std::string(200, 'x')});
  const absl::Status status = InvalidFieldsError(violations);
  EXPECT_LT(status.message().size(), 2000U);
  EXPECT_THAT(std::string(status.message()), HasSubstr("and 995 more"));
  EXPECT_EQ(FieldViolationsOf(status), violations);
}

TEST(Errors, Conditions_CarryCodeAndViolations) {
  const std::string binary("a\0\xFF;=", 5);
  const std::vector<ConditionViolation> violations = {{"STOCK", "product", "wanted 3, available 2"}, {"X", "", binary}};
  const absl::Status status = ConditionError(absl::StatusCode::kFailedPrecondition, "short", violations);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, "short"));
  EXPECT_EQ(ConditionViolationsOf(status), violations);
  EXPECT_THAT(FieldViolationsOf(status), IsEmpty());
}

TEST(Errors, RetryLater_CarriesTheTime) {
  const absl::Status status = RetryLaterError(absl::StatusCode::kUnavailable, "away", absl::Milliseconds(250));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "away"));
  EXPECT_EQ(RetryAfterOf(status), absl::Milliseconds(250));
}

TEST(Errors, OtherStatuses_CarryNothing) {
  for (const absl::Status& status : {absl::OkStatus(), absl::InternalError("x"), absl::InvalidArgumentError("y")}) {
    EXPECT_THAT(FieldViolationsOf(status), IsEmpty());
    EXPECT_THAT(ConditionViolationsOf(status), IsEmpty());
    EXPECT_FALSE(RetryAfterOf(status));
  }
}

TEST(Errors, DamagedPayload_IsNothing) {
  absl::Status status = ConditionError(absl::StatusCode::kAborted, "m", {{"T", "S", "D"}});
  std::string url;
  std::string bytes;
  status.ForEachPayload([&](absl::string_view name, const absl::Cord& payload) {
    url = std::string(name);
    bytes = std::string(payload);
  });
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    status.SetPayload(url, absl::Cord(bytes.substr(0, length)));
    EXPECT_THAT(ConditionViolationsOf(status), IsEmpty()) << length;
  }
}

TEST(Errors, CommitInDoubt_SaysWhetherToRepeatAndWhatItIsAbout) {
  const absl::Status unknown = CommitInDoubtError(false, {{"order_id", "1"}, {"x", ""}});
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_TRUE(IsCommitInDoubt(unknown));
  EXPECT_EQ(ErrorInfoOf(unknown), (ErrorInfo{kCommitInDoubt, {{"order_id", "1"}, {"x", ""}}}));
  EXPECT_FALSE(RetryAfterOf(unknown));
  const absl::Status repeatable = CommitInDoubtError(true, {});
  EXPECT_THAT(repeatable, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(IsCommitInDoubt(repeatable));
  EXPECT_TRUE(RetryAfterOf(repeatable));
  EXPECT_FALSE(IsCommitInDoubt(absl::UnavailableError("away")));
  EXPECT_FALSE(ErrorInfoOf(absl::UnknownError("what?")));
}

}  // namespace
}  // namespace logistics::domain
