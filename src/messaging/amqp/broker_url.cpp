#include "messaging/amqp/broker_url.hpp"

#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/url.hpp"

namespace logistics::messaging {
namespace {

constexpr int kPlainPort = 5672;
constexpr int kTlsPort = 5671;
constexpr int kHeartbeatSecondsMax = 600;
constexpr int kConnectMsMin = 100;
constexpr int kConnectMsMax = 120'000;

absl::Status Invalid(const std::string& what) { return absl::InvalidArgumentError(absl::StrCat("broker URL: ", what)); }

// A whole number within bounds.
std::optional<int> NumberIn(const std::string& text, int min, int max) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || number < min || number > max) return std::nullopt;
  return number;
}

absl::Status ReadParameter(const base::Url::Parameter& parameter, BrokerUrl& url) {
  if (parameter.name == "heartbeat") {
    const std::optional<int> seconds = NumberIn(parameter.value, 1, kHeartbeatSecondsMax);
    if (!seconds) return Invalid(absl::StrCat("heartbeat is whole seconds from 1 to ", kHeartbeatSecondsMax));
    if (url.heartbeat) return Invalid("heartbeat is given twice");
    url.heartbeat = absl::Seconds(*seconds);
    return absl::OkStatus();
  }
  if (parameter.name == "connection_timeout") {
    const std::optional<int> ms = NumberIn(parameter.value, kConnectMsMin, kConnectMsMax);
    if (!ms) {
      return Invalid(
          absl::StrCat("connection_timeout is whole milliseconds from ", kConnectMsMin, " to ", kConnectMsMax));
    }
    if (url.connect_timeout) return Invalid("connection_timeout is given twice");
    url.connect_timeout = absl::Milliseconds(*ms);
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat("the parameter ", parameter.name,
                              " is not known: heartbeat and connection_timeout are, and all others are settings"));
}

}  // namespace

std::string BrokerUrl::Display() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  // A user with an encoded colon may be a password that was encoded with it.
  const std::size_t colon = user.find(':');
  const std::string shown_user = colon == std::string::npos ? user : user.substr(0, colon) + ":***";
  return absl::StrCat(tls ? "amqps://" : "amqp://", shown_user, "@", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port,
                      vhost.starts_with('/') ? "" : "/", vhost);
}

absl::StatusOr<BrokerUrl> ParseBrokerUrl(std::string_view text) {
  absl::StatusOr<base::Url> parsed = base::ParseUrl(text);
  if (!text.starts_with("amqp://") && !text.starts_with("amqps://")) {
    return Invalid("it must begin with amqp:// or amqps://");
  }
  if (!parsed.ok()) return Invalid(std::string(parsed.status().message()));
  if (parsed->hosts.size() > 1) return Invalid("it has one host; give several brokers as URLs separated by commas");
  const base::Url::Host& host = parsed->hosts.front();
  if (host.name.empty()) return Invalid("the host is missing");
  BrokerUrl url;
  url.tls = parsed->scheme == "amqps";
  url.host = host.name;
  url.port = host.port.value_or(url.tls ? kTlsPort : kPlainPort);
  if (parsed->user) {
    url.user = *parsed->user;
    url.password = parsed->password.value_or("");
  }
  if (parsed->path && !parsed->path->empty()) url.vhost = *parsed->path;
  for (const base::Url::Parameter& parameter : parsed->parameters) {
    if (absl::Status read = ReadParameter(parameter, url); !read.ok()) return read;
  }
  return url;
}

}  // namespace logistics::messaging
