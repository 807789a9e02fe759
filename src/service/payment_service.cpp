#include "logistics/service/payment_service.hpp"

#include <spdlog/spdlog.h>

#include <string>

namespace logistics::service {

using ports::HandlingOutcome;

ports::Handling PaymentService::Handle(const domain::PaymentNotice& notice, const ports::InboxEntry& entry,
                                       const ports::CallContext& context) {
  const absl::StatusOr<ports::PaymentResult> result = payments_.Apply(notice, entry, context);
  if (result.ok()) return {HandlingOutcome::kDone, ""};
  const std::string reason(result.status().message());
  switch (result.status().code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAborted:
      return {HandlingOutcome::kRetryLater, reason};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return {HandlingOutcome::kUnavailable, reason};
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return {HandlingOutcome::kReject, reason};
    default:
      // The reason goes with the message to whoever reads the dead letters; the inner text stays in the log.
      spdlog::error("message {} of order {} failed: {}", entry.message_id, notice.order_id.ToString(),
                    result.status().ToString());
      return {HandlingOutcome::kReject,
              "an internal error; the log has it under this message_id. Redrive the message once it is understood"};
  }
}

}  // namespace logistics::service
