#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace logistics::messaging {

// Where a broker is and who we are there. Holds the password: print Display(), never the fields.
struct BrokerUrl {
  std::string host;
  int port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;

  // "amqp://user@host:5672/vhost": what logs and errors may say.
  std::string Display() const;
};

// Reads amqp[s]://[user[:password]@]host[:port][/vhost] (https://www.rabbitmq.com/uri-spec.html), percent-decoded;
// an IPv6 host in brackets. An empty vhost ("amqp://host/") is the default one, as the mesh's other clients take it.
// Query parameters (?heartbeat=…) are other libraries' settings: they are ignored, ours are in the configuration.
// INVALID_ARGUMENT says what is wrong and never repeats user or password.
absl::StatusOr<BrokerUrl> ParseBrokerUrl(std::string_view url);

}  // namespace logistics::messaging
