#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"
#include "remote_inventory/options.hpp"
#include "remote_inventory/peer_url.hpp"

namespace logistics::remote_inventory {

// A channel to the inventory service. Nothing is connected yet. round_robin over all addresses; connecting with backoff
// for ever; no retries by gRPC, which must not decide which call is sent twice; no HTTP/2 pings of ours.
// INVALID_ARGUMENT: the file of authorities cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const PeerUrl& url, const PeerOptions& options);

}  // namespace logistics::remote_inventory
