#pragma once

#include <string>
#include <vector>

#include "rpc/call/call_service.hpp"
#include "rpc/streams/stream_scope.hpp"

namespace logistics::rpc {

// Server reflection in one of its versions, v1 and v1alpha, which are the same on the wire: tools such as grpcurl list,
// describe and call the services by it. Describes whatever the program has a descriptor of.
class Reflection final : public CallService {
 public:
  // `services` with their packages; those of gRPC's health and of reflection itself are added. `runtime` outlives this.
  Reflection(const std::string& version, std::vector<std::string> services, CallRuntime& runtime);

 private:
  std::vector<std::string> services_;  // all that is listed, sorted
  StreamMethod method_;
};

}  // namespace logistics::rpc
