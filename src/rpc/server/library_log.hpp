#pragma once

namespace logistics::rpc {

// The lines of gRPC and protobuf go to our log from now on, in its format and where it goes, instead of to stderr in
// formats of their own. To be called before either is used by other threads. Idempotent.
void ForwardLibraryLogs();

}  // namespace logistics::rpc
