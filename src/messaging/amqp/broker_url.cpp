#include "messaging/amqp/broker_url.hpp"

#include <charconv>
#include <optional>

#include "absl/strings/str_cat.h"

namespace logistics::messaging {
namespace {

constexpr int kPlainPort = 5672;
constexpr int kTlsPort = 5671;
constexpr int kPortMax = 65535;

absl::Status Invalid(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("broker URL: ", std::string(what)));
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned int value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const end = text.data() + i + 3;
    const auto [stopped, error] = std::from_chars(text.data() + i + 1, end, value, 16);
    if (error != std::errc() || stopped != end || value == 0) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

absl::Status ReadHostAndPort(std::string_view authority, BrokerUrl& url) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return Invalid("an IPv6 host lacks its closing bracket");
    url.host = std::string(authority.substr(1, close - 1));
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return Invalid("only :port may follow an IPv6 host");
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const std::size_t colon = authority.find(':');
    url.host = std::string(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (url.host.empty()) return Invalid("the host is missing");
  if (port.empty()) return absl::OkStatus();
  const auto [stopped, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || stopped != port.data() + port.size() || url.port < 1 || url.port > kPortMax) {
    return Invalid(absl::StrCat("the port is not a number from 1 to ", kPortMax));
  }
  return absl::OkStatus();
}

}  // namespace

std::string BrokerUrl::Display() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return absl::StrCat(tls ? "amqps://" : "amqp://", user, "@", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port,
                      vhost.starts_with('/') ? "" : "/", vhost);
}

absl::StatusOr<BrokerUrl> ParseBrokerUrl(std::string_view text) {
  BrokerUrl url;
  if (text.starts_with("amqps://")) {
    url.tls = true;
    url.port = kTlsPort;
    text.remove_prefix(8);
  } else if (text.starts_with("amqp://")) {
    url.port = kPlainPort;
    text.remove_prefix(7);
  } else {
    return Invalid("it must begin with amqp:// or amqps://");
  }
  text = text.substr(0, text.find('?'));
  const std::size_t slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != std::string_view::npos && slash + 1 < text.size()) {
    const std::optional<std::string> vhost = PercentDecoded(text.substr(slash + 1));
    if (!vhost) return Invalid("the vhost has a broken percent code");
    url.vhost = *vhost;
  }
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view credentials = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    const std::size_t colon = credentials.find(':');
    const std::optional<std::string> user = PercentDecoded(credentials.substr(0, colon));
    const std::optional<std::string> password =
        PercentDecoded(colon == std::string_view::npos ? std::string_view() : credentials.substr(colon + 1));
    if (!user || !password) return Invalid("user or password has a broken percent code");
    url.user = *user;
    url.password = *password;
  }
  const absl::Status host = ReadHostAndPort(authority, url);
  if (!host.ok()) return host;
  return url;
}

}  // namespace logistics::messaging
