// Limits of the relay that are not settings.
#pragma once

#include <chrono>
#include <cstddef>

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

}  // namespace logistics::messaging
