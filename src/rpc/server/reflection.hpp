#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <string>
#include <vector>

#include "rpc/call/call_scope.hpp"
#include "rpc/streams/stream_scope.hpp"

namespace logistics::rpc {

// Server reflection, versions v1 and v1alpha, which are the same on the wire: tools such as grpcurl list, describe and
// call the services by it. Describes whatever the program has a descriptor of. Streams have no thread.
class Reflection final : public grpc::Service {
 public:
  // `services` with their packages; those of gRPC's health and of reflection itself are added. `runtime` outlives this.
  Reflection(std::vector<std::string> services, CallRuntime& runtime);

  // All that is listed, sorted.
  const std::vector<std::string>& services() const { return services_; }

 private:
  void Serve(StreamMethod& method, const char* path);

  std::vector<std::string> services_;
  CallRuntime& runtime_;
  StreamMethod v1_;
  StreamMethod v1alpha_;
};

}  // namespace logistics::rpc
