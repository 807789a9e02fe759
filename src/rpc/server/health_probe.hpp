// The client side of grpc.health.v1: a probe of a daemon from outside.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "rpc/call/options.hpp"

namespace logistics::rpc {

// Longest wait for an answer, connecting included. Below what docker/Dockerfile gives the whole probe (5 s), so that
// the probe's own text is seen.
inline constexpr absl::Duration kHealthProbeTimeout = absl::Seconds(3);

// Where a server with these options answers on its own machine: "127.0.0.1:50051" where it listens on every address.
std::string ProbeAddress(const ServerOptions& options);

// Asks the server at `address` (host:port, plaintext) for its health as a whole. OK: SERVING. Else UNAVAILABLE with one
// line of the reason: no answer, none in time, no gRPC health, or another state. Goes to the address itself, whatever
// proxy the environment names. Blocks for `timeout` at most; any thread may call it.
absl::Status ProbeHealth(const std::string& address, absl::Duration timeout);

}  // namespace logistics::rpc
