// Limits of consumers that are not settings.
#pragma once

#include <chrono>
#include <cstddef>

#include "absl/time/time.h"

namespace logistics::messaging {

// For one try of a message's handler, and for the question whether the database answers.
inline constexpr absl::Duration kHandleTimeout = absl::Seconds(10);
inline constexpr absl::Duration kProbeTimeout = absl::Seconds(3);

// The longest property of an inbound message, AMQP 0-9-1 §4.2.5.3.
inline constexpr std::size_t kInboundPropertyBytesMax = 255;

// The waiting messages that one pass tries, and that the metrics count.
inline constexpr int kInboxPassMessagesMax = 100;
inline constexpr int kInboxCountedMax = 1'000;
inline constexpr std::chrono::seconds kInboxPassMax{20};
inline constexpr std::chrono::seconds kInboxStatsInterval{5};

// Dead letters of parked messages that wait for the broker at once, fewer than a pass tries; and how long a pass
// without other work waits for them.
inline constexpr std::size_t kInboxLettersMax = 50;
inline constexpr std::chrono::seconds kInboxLetterWaitMax{1};

// The longest wait between two tries of a message, and the factor from one wait to the next.
inline constexpr absl::Duration kRetryDelayMax = absl::Minutes(10);
inline constexpr int kRetryDelayFactor = 5;

}  // namespace logistics::messaging
