// Limits of relay and consumers that are not settings; printed by `logistics-engine check-config`.
#pragma once

#include <chrono>
#include <cstddef>

#include "absl/time/time.h"

namespace logistics::messaging {

// Messages sent before confirms are looked at again: enough to fill packets, few enough that the broker's answers are
// taken while it still has work.
inline constexpr int kBurstMessagesMax = 128;

// Rows deleted in one transaction while there is more to send; fewer when the relay is idle or they have waited.
inline constexpr std::size_t kDeleteBatchRows = 256;
inline constexpr std::chrono::milliseconds kDeleteDelayMax{20};

// Between two reads that found something. Under load each commit wakes the relay, and reading, publishing and
// confirming more at once costs the database, the relay and the broker less; an idle relay reads at once.
inline constexpr std::chrono::milliseconds kReadPause{5};

// Messages in memory that are not settled: what waits behind refused ones of its key counts here. Above it the rest
// waits in the outbox.
inline constexpr std::size_t kBacklogMessagesMax = 20'000;

inline constexpr std::chrono::seconds kOutboxStatsInterval{5};

// For one try of a message's handler, and for the question whether the database is there.
inline constexpr absl::Duration kHandleTimeout = absl::Seconds(10);
inline constexpr absl::Duration kProbeTimeout = absl::Seconds(3);

// Of a property of a message of others, AMQP 0-9-1 §4.2.5.3.
inline constexpr std::size_t kInboundPropertyBytesMax = 255;

// Messages that wait: tried in one pass, and counted for the metrics.
inline constexpr int kInboxPassMessagesMax = 100;
inline constexpr int kInboxCountedMax = 1'000;
inline constexpr std::chrono::seconds kInboxPassMax{20};
inline constexpr std::chrono::seconds kInboxStatsInterval{5};

// What a waiting message waits at most between two tries, and how many times longer it waits before each.
inline constexpr absl::Duration kRetryDelayMax = absl::Minutes(10);
inline constexpr int kRetryDelayFactor = 5;

}  // namespace logistics::messaging
