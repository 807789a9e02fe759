// Limits of the relay that are not settings.
#pragma once

#include <chrono>
#include <cstddef>

#include "absl/time/time.h"

namespace logistics::messaging {

// Messages sent before the relay looks at confirms again: enough to fill packets, few enough that the broker still has
// work when its answers are read.
inline constexpr int kBurstMessagesMax = 128;

// Rows deleted in one transaction, and how long the first of fewer waits: a delete costs the database as much as
// storing an order. What is confirmed and not yet deleted is published once more after a crash.
inline constexpr std::size_t kDeleteBatchRows = 256;
inline constexpr std::chrono::milliseconds kDeleteDelayMax{20};

// Between two reads that found something. Under load each commit wakes the relay, and reading, publishing and
// confirming more at once costs the database, the relay and the broker less; an idle relay reads at once.
inline constexpr std::chrono::milliseconds kReadPause{5};

// Unresolved messages in memory, with those that wait behind one of their key in flight. All others wait in the outbox.
inline constexpr std::size_t kBacklogMessagesMax = 20'000;

// Between two moves of the start position over commits that had no events.
inline constexpr std::chrono::seconds kMoveInterval{1};

// Between two tries to load or store the known routes, and between two times that one in use is stored.
inline constexpr std::chrono::seconds kRoutesRetryDelay{5};
inline constexpr std::chrono::minutes kRoutesRefresh{10};

// Between two tries on a route whose messages are nacked. The pause doubles from one to the other.
inline constexpr absl::Duration kNackPauseMin = absl::Seconds(1);
inline constexpr absl::Duration kNackPauseMax = absl::Minutes(5);

// Tries of quarantined messages on one route that may be nacked in a minute: each of them is a copy in the other queues
// of the route. So many tries are in flight at once at most.
inline constexpr int kCopiesPerMinuteMax = 30;

}  // namespace logistics::messaging
