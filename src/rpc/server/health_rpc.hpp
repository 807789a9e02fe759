#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "rpc/call/call_service.hpp"

namespace logistics::rpc {

// grpc.health.v1.Health: whether services are served. Its calls are neither admitted, counted nor logged. In place of
// gRPC's own, which has threads of its own that take events of all connections (docs/adr/0013).
class HealthRpc final : public CallService {
 public:
  // `runtime` outlives this.
  explicit HealthRpc(CallRuntime& runtime);

  // A service is known from its first Set. From any thread, while the loop runs or before; calls that come after it
  // see it.
  void Set(std::string_view service, bool serving);

 private:
  class Call;
  enum class Mode { kCheck, kWatch };

  std::map<std::string, bool, std::less<>> serving_;  // of the loop's thread, as below
  std::set<Call*> watchers_;
};

}  // namespace logistics::rpc
