#pragma once

namespace logistics::rpc {

// gRPC's own messages go to our log from now on, instead of to stderr in a format of their own. Idempotent.
void ForwardGrpcLog();

}  // namespace logistics::rpc
