// The meaning of the peer's statuses, in one place.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "remote_inventory/circuit_breaker.hpp"

namespace logistics::remote_inventory {

// The error that InventoryPeer promises, without the peer's own words.
absl::Status ToStatus(const grpc::Status& status);

// The verdict on the peer's health. `taken` is the time that the call took, `call_timeout` the limit.
Verdict VerdictOf(const grpc::Status& status, absl::Duration taken, absl::Duration call_timeout);

// Whether the peer's handler, or a proxy before it, gave the code, and not gRPC for a call that got lost. After an
// answer the call has no later effect.
bool IsAnswer(grpc::StatusCode code);

// A Release or Commit that found nothing to do: the Go service's INTERNAL with its words (contract §2, point 4), and
// the answer of our own daemon, as a peer, for an id that is unknown or ended otherwise.
bool IsNothingPending(const grpc::Status& status);

// The peer's or gRPC's words for the log and for operators: one line of printable ASCII, of bounded length.
std::string OneLine(std::string_view words);

// The code, and OneLine of the words.
std::string Described(const grpc::Status& status);

// UNAVAILABLE with a retry hint.
absl::Status TryAgain(std::string_view message, absl::Duration retry_after);

}  // namespace logistics::remote_inventory
