#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace logistics::rpc {

// "host:port" as gRPC reads it: an IPv6 address stands in brackets, and may come with them.
inline std::string JoinHostPort(const std::string& host, int port) {
  const bool bare_ipv6 = absl::StrContains(host, ":") && !absl::StartsWith(host, "[");
  return bare_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

inline absl::Status CannotListen(const std::string& host, int port) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", JoinHostPort(host, port),
                                             " for gRPC (GRPC_HOST, GRPC_PORT): the port is taken or the address is "
                                             "not of this machine"));
}

}  // namespace logistics::rpc
