#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace logistics::messaging {

// A broker's address and our login there, with the password: print Display(), never the fields.
struct BrokerUrl {
  std::string host;
  int port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;

  // "amqp://user@host:5672/vhost", for logs and errors.
  std::string Display() const;
};

// Reads amqp[s]://[user[:password]@]host[:port][/vhost] (https://www.rabbitmq.com/uri-spec.html), percent-decoded;
// an IPv6 host in brackets. An empty vhost ("amqp://host/") is the default one, as it is for the mesh's other clients.
// Query parameters (?heartbeat=…) are settings of other libraries and ignored; ours are in the configuration.
// INVALID_ARGUMENT names the mistake and never repeats user or password.
absl::StatusOr<BrokerUrl> ParseBrokerUrl(std::string_view url);

}  // namespace logistics::messaging
