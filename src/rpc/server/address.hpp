#pragma once

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace logistics::rpc {

// "host:port" as gRPC reads it: an IPv6 address stands in brackets, and may come with them.
inline std::string JoinHostPort(const std::string& host, int port) {
  const bool bare_ipv6 = absl::StrContains(host, ":") && !absl::StartsWith(host, "[");
  return bare_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

}  // namespace logistics::rpc
