#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"

namespace logistics::messaging {

// Connects to one of the configured brokers; each attempt begins behind the URL that was tried last. Belongs to one
// thread.
class BrokerDialer {
 public:
  // The references outlive the dialer. `purpose` names the connection; `cancelled` is asked between the URLs.
  BrokerDialer(const BrokerOptions& options, std::string purpose, SocketWatchdog& watchdog,
               std::function<bool()> cancelled);

  // Tries each URL once. The error has the failure of each.
  absl::StatusOr<std::unique_ptr<Connection>> Dial();

 private:
  const BrokerOptions& options_;
  const std::string purpose_;
  SocketWatchdog& watchdog_;
  const std::function<bool()> cancelled_;
  std::size_t next_url_ = 0;  // where the next attempt begins
};

}  // namespace logistics::messaging
