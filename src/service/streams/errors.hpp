// Answers and limits that the hubs of orders and of stock share.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logistics/domain/errors.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::service {

inline constexpr absl::Duration kStreamReadTime = absl::Seconds(10);   // of one read of a log
inline constexpr absl::Duration kStreamRetryAfter = absl::Seconds(1);  // the hint to a caller whose stream ended

inline ports::CallContext StreamReadContext() { return {"", "", absl::Now() + kStreamReadTime}; }

inline absl::Status StreamUnavailable(std::string_view why) {
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, why, kStreamRetryAfter);
}
inline absl::Status StreamExhausted(std::string_view why) {
  return domain::RetryLaterError(absl::StatusCode::kResourceExhausted, why, kStreamRetryAfter);
}
inline absl::Status ShuttingDown() { return StreamUnavailable("the server is shutting down"); }
inline absl::Status TooManyStreams(int streams_max) {
  return StreamExhausted(absl::StrCat("too many streams at once, at most ", streams_max));
}

}  // namespace logistics::service
