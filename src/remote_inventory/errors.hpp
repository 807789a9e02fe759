// What the peer's status means, in one place.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "remote_inventory/circuit_breaker.hpp"

namespace logistics::remote_inventory {

// As InventoryPeer promises its errors; the peer's own words stay out of it.
absl::Status ToStatus(const grpc::Status& status);

// What it says about the peer's health. `taken` is how long the call was waited for, `call_timeout` the longest.
Verdict VerdictOf(const grpc::Status& status, absl::Duration taken, absl::Duration call_timeout);

// Given by the peer's handler, or by what stands before it: not by gRPC on either side for a call that got lost. So
// what the call did is done, and nothing of it happens later.
bool IsAnswer(grpc::StatusCode code);

// A Release or Commit that found nothing to do: the Go service's INTERNAL with its words (contract §2, point 4), and
// what our own daemon says as a peer of an id that is unknown or settled otherwise.
bool IsNothingPending(const grpc::Status& status);

// The peer's or gRPC's words for the log and for operators: one line of printable ASCII, of bounded length.
std::string OneLine(std::string_view words);

// The code with them.
std::string Described(const grpc::Status& status);

// UNAVAILABLE with a time to come again.
absl::Status TryAgain(std::string_view message, absl::Duration retry_after);

}  // namespace logistics::remote_inventory
