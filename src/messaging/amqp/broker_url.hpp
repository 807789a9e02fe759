#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace logistics::messaging {

// A broker's address and our login there, with the password: print Display(), never the fields.
struct BrokerUrl {
  std::string host;
  int port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;
  // Where they are set, they count for this broker instead of the settings of their names.
  std::optional<absl::Duration> heartbeat;
  std::optional<absl::Duration> connect_timeout;

  // "amqp://user@host:5672/vhost", for logs and errors.
  std::string Display() const;
};

// Reads amqp[s]://[user[:password]@]host[:port][/vhost][?parameters] (https://www.rabbitmq.com/uri-spec.html),
// percent-decoded; an IPv6 host in brackets. An empty vhost ("amqp://host/") is the default one, as it is for the
// mesh's other clients. Parameters (https://www.rabbitmq.com/uri-query-parameters.html): heartbeat in seconds,
// connection_timeout in milliseconds; any other is refused by its name.
// INVALID_ARGUMENT names the mistake and never repeats user, password or a parameter's value.
absl::StatusOr<BrokerUrl> ParseBrokerUrl(std::string_view url);

}  // namespace logistics::messaging
