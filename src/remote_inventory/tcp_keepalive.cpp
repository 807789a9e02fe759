#include "remote_inventory/tcp_keepalive.hpp"

#include <grpc/support/sync.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

// gRPC hands its sockets to a "socket mutator" before it connects them. The library exports the functions, and the
// argument is public (GRPC_ARG_SOCKET_MUTATOR), but no installed header declares the structure; this is its layout in
// 1.51, which has stood since 1.36. A unit test looks at the options of a real connection and would notice a change.
// NOLINTBEGIN(readability-identifier-naming): gRPC's names.
struct grpc_mutate_socket_info;
struct grpc_socket_mutator_vtable {
  bool (*mutate_fd)(int fd, grpc_socket_mutator* mutator);
  int (*compare)(grpc_socket_mutator* a, grpc_socket_mutator* b);
  void (*destroy)(grpc_socket_mutator* mutator);
  bool (*mutate_fd_2)(const grpc_mutate_socket_info* info, grpc_socket_mutator* mutator);  // null: mutate_fd is used
};
struct grpc_socket_mutator {
  const grpc_socket_mutator_vtable* vtable;
  gpr_refcount refcount;
};
void grpc_socket_mutator_init(grpc_socket_mutator* mutator, const grpc_socket_mutator_vtable* vtable);
// NOLINTEND(readability-identifier-naming)

namespace logistics::remote_inventory {
namespace {

constexpr int kProbes = 3;

struct KeepaliveMutator : grpc_socket_mutator {
  int seconds = 0;
};

int SecondsOf(const grpc_socket_mutator* mutator) { return static_cast<const KeepaliveMutator*>(mutator)->seconds; }

bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

bool Mutate(int fd, grpc_socket_mutator* mutator) {
  const int seconds = SecondsOf(mutator);
  const bool set = SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds) &&
                   SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, seconds / kProbes)) &&
                   SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes) &&
                   SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, seconds * 1000);
  if (!set) spdlog::warn("inventory: cannot set TCP keepalive: {}", std::strerror(errno));
  return true;  // a connection without it is better than none
}

int Compare(grpc_socket_mutator* a, grpc_socket_mutator* b) { return SecondsOf(a) - SecondsOf(b); }

void Destroy(grpc_socket_mutator* mutator) { delete static_cast<KeepaliveMutator*>(mutator); }

constexpr grpc_socket_mutator_vtable kVtable = {Mutate, Compare, Destroy, nullptr};

}  // namespace

void SetTcpKeepalive(absl::Duration time, grpc::ChannelArguments& arguments) {
  auto* const mutator = new KeepaliveMutator;  // owned by the arguments from here on
  grpc_socket_mutator_init(mutator, &kVtable);
  mutator->seconds = static_cast<int>(std::clamp<std::int64_t>(absl::ToInt64Seconds(time), 1, 7200));
  arguments.SetSocketMutator(mutator);
}

}  // namespace logistics::remote_inventory
