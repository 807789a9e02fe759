#pragma once

#include <functional>
#include <string>

#include "absl/time/time.h"

namespace logistics::ports {

// The metadata under which these two travel from service to service.
inline constexpr char kCorrelationIdKey[] = "x-correlation-id";
inline constexpr char kTraceparentKey[] = "traceparent";
// The metadata under which AdjustInventory takes its request id.
inline constexpr char kIdempotencyKey[] = "idempotency-key";

// What a call carries besides its arguments. Ids are stored with what the call changes and published with its events.
struct CallContext {
  std::string correlation_id;                    // never empty for calls from outside
  std::string traceparent;                       // W3C trace context; empty = none
  absl::Time deadline = absl::InfiniteFuture();  // how long the caller waits; what was begun may still commit after it
  // Whether the caller has gone; null where the call does not say. Valid during the call, on the thread that waits for
  // it or one that this thread waits for. Thread-safe.
  std::function<bool()> cancelled = nullptr;
};

}  // namespace logistics::ports
