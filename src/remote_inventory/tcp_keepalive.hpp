#pragma once

#include <grpcpp/support/channel_arguments.h>

#include "absl/time/time.h"

namespace logistics::remote_inventory {

// Turns TCP keepalive on for the sockets of a channel: silent for `time`, a connection is probed; one whose probes or
// data are not acknowledged for `time` is given up (RFC 1122 §4.2.3.6, RFC 5482). gRPC has no argument for it: its own
// keepalive are HTTP/2 pings, for which grpc-go servers cut their clients (contract §2, point 14). Whole seconds, at
// least one.
void SetTcpKeepalive(absl::Duration time, grpc::ChannelArguments& arguments);

}  // namespace logistics::remote_inventory
