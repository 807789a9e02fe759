// Answers and limits that the hubs of orders and of stock share.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
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
inline absl::Status NothingRead(absl::Duration time, std::string_view then) {
  return StreamExhausted(
      absl::StrCat("nothing was read for ", absl::FormatDuration(time), "; read faster, and ", std::string(then)));
}

// How often a hub looks at its streams: a time limit is kept to a quarter of it.
inline std::chrono::nanoseconds StreamTick(absl::Duration limit, absl::Duration poll) {
  return absl::ToChronoNanoseconds(std::max(std::min(limit / 4, poll), absl::Milliseconds(1)));
}

}  // namespace logistics::service
