#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "messaging/amqp/amqp.hpp"
#include "messaging/amqp/options.hpp"

namespace logistics::messaging {

// A TLS socket (1.2 or later) for `host`, owned by `connection`. With tls_verify the broker's certificate must lead to
// tls_ca_file (or the system's authorities) and be made out to `host`, name or address: OpenSSL checks both inside the
// handshake, because the library's own check of the name (before its 0.14) knows no addresses.
// INVALID_ARGUMENT: the CA file cannot be read.
absl::StatusOr<amqp_socket_t*> NewTlsSocket(amqp_connection_state_t connection, const BrokerOptions& options,
                                            const std::string& host);

}  // namespace logistics::messaging
