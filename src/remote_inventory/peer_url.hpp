#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace logistics::remote_inventory {

// Where the inventory service is.
struct PeerUrl {
  std::string target;     // as gRPC names it: "dns:///inventory:50052", "ipv4:10.0.0.1:50052,10.0.0.2:50052"
  std::string authority;  // set when the target's own is not one host
  std::string display;    // the URL, for logs and errors
  bool tls = false;
};

// Reads http://host:port or https://host:port, a slash may follow. The host is a name (every address that it resolves
// to is used in turn), an IPv4 address, or an IPv6 address in brackets. http:// also takes several addresses separated
// by commas, all IPv4 or all IPv6. INVALID_ARGUMENT says what is wrong and never repeats the text: it may hold a
// password.
absl::StatusOr<PeerUrl> ParsePeerUrl(std::string_view url);

}  // namespace logistics::remote_inventory
