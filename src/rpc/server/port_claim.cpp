#include "rpc/server/port_claim.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "rpc/server/address.hpp"

namespace logistics::rpc {
namespace {

bool SetOption(int socket, int level, int option, int value) {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

// A socket that is bound there and shares its port with no other; -1: there is none.
int Bound(const sockaddr* address, socklen_t size) {
  const int socket = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  if (address->sa_family == AF_INET6) SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(socket, address, size) == 0) return socket;
  // Connections of an earlier process may linger on the port. They hinder only sockets without SO_REUSEADDR, with which
  // bound sockets share a port: so the option goes again at once.
  if (SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1) && ::bind(socket, address, size) == 0 &&
      SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 0)) {
    return socket;
  }
  ::close(socket);
  return -1;
}

template <typename Address>
int Bound(const Address& address) {
  return Bound(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

bool IsWildcard(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, address, sizeof ipv4);
    return ipv4.sin_addr.s_addr == htonl(INADDR_ANY);
  }
  sockaddr_in6 ipv6{};
  std::memcpy(&ipv6, address, sizeof ipv6);
  return IN6_IS_ADDR_UNSPECIFIED(&ipv6.sin6_addr);
}

// As gRPC does for either wildcard: of both families at once, else of IPv4.
int BoundToAll(std::uint16_t port) {
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  const int socket = Bound(ipv6);
  if (socket >= 0) return socket;
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  return Bound(ipv4);
}

}  // namespace

absl::StatusOr<PortClaim> PortClaim::Take(const std::string& host, int port) {
  PortClaim claim;
  if (port == 0) return claim;
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo((brackets ? host.substr(1, host.size() - 2) : host).c_str(),
                                  std::to_string(port).c_str(), &wanted, &found);
  if (error == 0) {
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      claim.Add(IsWildcard(each->ai_addr) ? BoundToAll(static_cast<std::uint16_t>(port))
                                          : Bound(each->ai_addr, each->ai_addrlen));
    }
  }
  // gRPC serves at the addresses that it gets, where it gets any.
  if (claim.sockets_.empty()) return CannotListen(host, port);
  return claim;
}

void PortClaim::Add(int socket) {
  if (socket >= 0) sockets_.push_back(socket);
}

void PortClaim::Release() {
  for (const int socket : sockets_) ::close(socket);
  sockets_.clear();
}

}  // namespace logistics::rpc
