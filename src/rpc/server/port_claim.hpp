#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace logistics::rpc {

// The gRPC port of a replica that does not serve yet. The port is bound, so no other daemon takes it. Nothing listens,
// so connects are refused and balancers pass over the replica. Not thread-safe.
class PortClaim {
 public:
  // At all addresses of `host`, as Server::Start listens on them. Port 0 stands for any free port, so nothing is
  // claimed. UNAVAILABLE naming host and port when the server could not listen there.
  static absl::StatusOr<PortClaim> Take(const std::string& host, int port);

  PortClaim(PortClaim&& other) noexcept : sockets_(std::move(other.sockets_)) { other.sockets_.clear(); }
  PortClaim& operator=(PortClaim&&) = delete;
  ~PortClaim() { Release(); }

  // The server may listen now. A second call changes nothing.
  void Release();

 private:
  PortClaim() = default;
  void Add(int socket);

  std::vector<int> sockets_;
};

}  // namespace logistics::rpc
