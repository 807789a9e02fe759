#include "remote_inventory/peer_url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logistics/base/url.hpp"

namespace logistics::remote_inventory {
namespace {

enum class HostKind { kName, kIpv4, kIpv6 };

struct Address {
  HostKind kind = HostKind::kName;
  std::string host;  // an IPv6 address without brackets
  int port = 0;

  std::string HostAndPort() const {
    return kind == HostKind::kIpv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
  }
};

absl::Status Invalid(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("inventory URL: ", what));
}

bool IsHostName(std::string_view host) {
  constexpr std::size_t kNameBytesMax = 253;
  return !host.empty() && host.size() <= kNameBytesMax && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

absl::StatusOr<Address> ParseAddress(const base::Url::Host& host) {
  Address address;
  address.host = host.name;
  if (host.bracketed) {
    address.kind = HostKind::kIpv6;
    in6_addr ignored{};
    if (inet_pton(AF_INET6, address.host.c_str(), &ignored) != 1) return Invalid("no IPv6 address in the brackets");
  } else if (in_addr ignored{}; inet_pton(AF_INET, address.host.c_str(), &ignored) == 1) {
    address.kind = HostKind::kIpv4;
  } else if (!IsHostName(address.host)) {
    return Invalid("the host is no name, no IPv4 address and no IPv6 address in brackets");
  }
  if (!host.port) return Invalid("the port is missing, as in http://inventory:50052");
  address.port = *host.port;
  return address;
}

// As it stands in a target, which is a URI: brackets are not allowed in its path.
std::string InTarget(const Address& address) {
  return address.kind == HostKind::kIpv6 ? absl::StrCat("%5B", address.host, "%5D:", address.port)
                                         : address.HostAndPort();
}

std::string TargetOf(const std::vector<Address>& addresses) {
  if (addresses.size() == 1) return absl::StrCat("dns:///", InTarget(addresses.front()));
  return absl::StrCat(addresses.front().kind == HostKind::kIpv4 ? "ipv4:" : "ipv6:",
                      absl::StrJoin(addresses, ",", [](std::string* out, const Address& address) {
                        absl::StrAppend(out, InTarget(address));
                      }));
}

absl::Status CheckSeveral(const std::vector<Address>& addresses, bool tls) {
  if (tls) return Invalid("https:// takes one host: a certificate is for one name");
  const HostKind kind = addresses.front().kind;
  const bool alike =
      std::all_of(addresses.begin(), addresses.end(), [kind](const Address& address) { return address.kind == kind; });
  if (alike && kind != HostKind::kName) return absl::OkStatus();
  return Invalid(
      "several addresses have to be all IPv4 or all IPv6; for several hosts by name give one name that resolves to all "
      "of them");
}

}  // namespace

absl::StatusOr<PeerUrl> ParsePeerUrl(std::string_view text) {
  PeerUrl url;
  url.display = std::string(text);
  const absl::StatusOr<base::Url> parsed = base::ParseUrl(text);
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) return Invalid("it must begin with http:// or https://");
  if (!parsed.ok()) return Invalid(std::string(parsed.status().message()));
  if (parsed->user) return Invalid("it takes no user and no password");
  if (!parsed->path.value_or("").empty() || text.find_first_of("?#") != std::string_view::npos) {
    return Invalid("nothing may follow the port");
  }
  std::vector<Address> addresses;
  for (const base::Url::Host& host : parsed->hosts) {
    absl::StatusOr<Address> address = ParseAddress(host);
    if (!address.ok()) return address.status();
    addresses.push_back(*std::move(address));
  }
  if (addresses.size() > 1) {
    if (const absl::Status status = CheckSeveral(addresses, url.tls); !status.ok()) return status;
    url.authority = addresses.front().HostAndPort();
  }
  url.target = TargetOf(addresses);
  return url;
}

}  // namespace logistics::remote_inventory
