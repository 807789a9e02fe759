#include "remote_inventory/peer_url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace logistics::remote_inventory {
namespace {

constexpr int kPortMax = 65535;

enum class HostKind { kName, kIpv4, kIpv6 };

struct Address {
  HostKind kind = HostKind::kName;
  std::string host;  // an IPv6 address without brackets
  int port = 0;

  std::string HostAndPort() const {
    return kind == HostKind::kIpv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
  }
};

absl::Status Invalid(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("inventory URL: ", std::string(what)));
}

bool IsHostName(std::string_view host) {
  constexpr std::size_t kNameBytesMax = 253;
  return !host.empty() && host.size() <= kNameBytesMax && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  Address address;
  std::string_view port;
  if (text.substr(0, 1) == "[") {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Invalid("an IPv6 address lacks its closing bracket");
    address.kind = HostKind::kIpv6;
    address.host = std::string(text.substr(1, close - 1));
    in6_addr ignored{};
    if (inet_pton(AF_INET6, address.host.c_str(), &ignored) != 1) return Invalid("no IPv6 address in the brackets");
    port = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = std::string(text.substr(0, colon));
    in_addr ignored{};
    if (inet_pton(AF_INET, address.host.c_str(), &ignored) == 1) {
      address.kind = HostKind::kIpv4;
    } else if (!IsHostName(address.host)) {
      return Invalid("the host is no name, no IPv4 address and no IPv6 address in brackets");
    }
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (port.empty()) return Invalid("the port is missing, as in http://inventory:50052");
  const char* const end = port.data() + port.size();
  const auto [stopped, error] = std::from_chars(port.data() + 1, end, address.port);
  if (port.front() != ':' || error != std::errc() || stopped != end || address.port < 1 || address.port > kPortMax) {
    return Invalid(absl::StrCat("the port is not a number from 1 to ", kPortMax));
  }
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
  if (text.substr(0, 8) == "https://") {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.substr(0, 7) == "http://") {
    text.remove_prefix(7);
  } else {
    return Invalid("it must begin with http:// or https://");
  }
  if (text.find('@') != std::string_view::npos) return Invalid("it takes no user and no password");
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.find_first_of("/?#") != std::string_view::npos) return Invalid("nothing may follow the port");

  std::vector<Address> addresses;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    absl::StatusOr<Address> address = ParseAddress(text.substr(from, comma - from));
    if (!address.ok()) return address.status();
    addresses.push_back(*std::move(address));
    from = comma + 1;
  }
  if (addresses.size() > 1) {
    if (const absl::Status status = CheckSeveral(addresses, url.tls); !status.ok()) return status;
    url.authority = addresses.front().HostAndPort();
  }
  url.target = TargetOf(addresses);
  return url;
}

}  // namespace logistics::remote_inventory
