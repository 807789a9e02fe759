#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "rpc/call/call_scope.hpp"

namespace logistics::rpc {

// Calls of methods that no service of the server has: each is UNIMPLEMENTED naming the method, counted as the method
// "unknown" and logged, as other calls are. Names of callers make no labels of metrics.
class UnknownCalls {
 public:
  // `runtime` outlives this.
  explicit UnknownCalls(CallRuntime& runtime) : runtime_(runtime), method_("unknown", runtime.metrics()) {}

  grpc::AsyncGenericService& service() { return service_; }
  // Takes calls from here on. The server has started, and the loop does not run yet.
  void AwaitCalls();

 private:
  class Call;

  grpc::Status Refuse(grpc::GenericServerContext& context);

  CallRuntime& runtime_;
  Method method_;
  grpc::AsyncGenericService service_;
};

}  // namespace logistics::rpc
