#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "rpc/call/call_scope.hpp"

namespace logistics::rpc {

// Calls of methods that no service of the server has: each is UNIMPLEMENTED naming the method, counted as the method
// "unknown" and logged, as other calls are. Names of callers make no labels of metrics.
class UnknownCalls final : public grpc::CallbackGenericService {
 public:
  // `runtime` outlives this.
  explicit UnknownCalls(CallRuntime& runtime);

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

 private:
  CallRuntime& runtime_;
  Method method_;
};

}  // namespace logistics::rpc
