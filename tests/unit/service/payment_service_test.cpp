#include "logistics/service/payment_service.hpp"

#include <gmock/gmock.h>

#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"

namespace logistics::service {
namespace {

using ports::HandlingOutcome;
using ports::PaymentResult;
using testing::HasSubstr;
using testing::Not;

// Answers one thing and keeps what it was asked.
class ScriptedPaymentStore final : public ports::PaymentStore {
 public:
  explicit ScriptedPaymentStore(absl::StatusOr<PaymentResult> answer) : answer_(std::move(answer)) {}

  absl::StatusOr<PaymentResult> Apply(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                                      const ports::CallContext& context) override {
    asked = {notice.order_id, entry.message_id, entry.waiting_id, context.correlation_id};
    return answer_;
  }

  struct Asked {
    domain::OrderId order_id;
    std::string message_id;
    std::optional<std::int64_t> waiting_id;
    std::string correlation_id;
  };
  Asked asked;

 private:
  const absl::StatusOr<PaymentResult> answer_;
};

ports::Handling HandledWith(absl::StatusOr<PaymentResult> answer) {
  ScriptedPaymentStore store(std::move(answer));
  return PaymentService(store).Handle({}, {"payments", "message", std::nullopt}, {});
}

TEST(PaymentService, WhatIsDoneNowOrBefore_IsDone) {
  for (const PaymentResult result : {PaymentResult::kDone, PaymentResult::kSeenBefore}) {
    const ports::Handling handling = HandledWith(result);
    EXPECT_EQ(handling.outcome, HandlingOutcome::kDone);
    EXPECT_EQ(handling.reason, "");
  }
}

TEST(PaymentService, EveryError_HasItsOutcomeAndAReason) {
  const auto outcome = [](absl::StatusCode code) {
    const ports::Handling handling = HandledWith(absl::Status(code, "order 7 is odd"));
    EXPECT_FALSE(handling.reason.empty());
    return handling.outcome;
  };
  for (const auto code : {absl::StatusCode::kNotFound, absl::StatusCode::kAborted}) {
    EXPECT_EQ(outcome(code), HandlingOutcome::kRetryLater) << absl::StatusCodeToString(code);
  }
  for (const auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kResourceExhausted,
                          absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kCancelled}) {
    EXPECT_EQ(outcome(code), HandlingOutcome::kUnavailable) << absl::StatusCodeToString(code);
  }
  for (const auto code : {absl::StatusCode::kInvalidArgument, absl::StatusCode::kFailedPrecondition,
                          absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    EXPECT_EQ(outcome(code), HandlingOutcome::kReject) << absl::StatusCodeToString(code);
  }
}

TEST(PaymentService, Refusal_IsToldAsItIs) {
  EXPECT_EQ(HandledWith(absl::FailedPreconditionError("give the money back")).reason, "give the money back");
  EXPECT_EQ(HandledWith(absl::NotFoundError("order 7 does not exist")).reason, "order 7 does not exist");
}

TEST(PaymentService, InternalError_KeepsItsTextToTheLog) {
  EXPECT_THAT(HandledWith(absl::InternalError("SQLSTATE 42P01: relation payments")).reason, Not(HasSubstr("SQLSTATE")));
}

TEST(PaymentService, StoreIsAskedWithTheMessagesOwn) {
  fakes::SequentialIds ids;
  ScriptedPaymentStore store(PaymentResult::kDone);
  domain::PaymentNotice notice;
  notice.order_id = domain::OrderId(ids.NewId());
  PaymentService(store).Handle(notice, {"payments", "message", 7}, {"correlation", "", absl::InfiniteFuture()});
  EXPECT_EQ(store.asked.order_id, notice.order_id);
  EXPECT_EQ(store.asked.message_id, "message");
  EXPECT_EQ(store.asked.waiting_id, 7);
  EXPECT_EQ(store.asked.correlation_id, "correlation");
}

}  // namespace
}  // namespace logistics::service
