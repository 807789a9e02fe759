#include "messaging/amqp/dialer.hpp"

#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/broker_url.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

BrokerDialer::BrokerDialer(const BrokerOptions& options, std::string purpose, SocketWatchdog& watchdog,
                           std::function<bool()> cancelled)
    : options_(options), purpose_(std::move(purpose)), watchdog_(watchdog), cancelled_(std::move(cancelled)) {}

absl::StatusOr<std::unique_ptr<Connection>> BrokerDialer::Dial() {
  absl::Status errors = absl::UnavailableError(options_.urls.empty() ? "no URL is configured" : "stopping");
  for (std::size_t i = 0; i < options_.urls.size() && !cancelled_(); ++i) {
    const absl::StatusOr<BrokerUrl> url = ParseBrokerUrl(options_.urls[next_url_++ % options_.urls.size()]);
    absl::Status status = url.status();
    if (url.ok()) {
      absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options_, *url, purpose_, watchdog_);
      if (connection.ok()) {
        if (i == 0) {
          spdlog::info("{}: connected to {}", purpose_, url->Display());
        } else {
          spdlog::warn("{}: connected to {}, since others could not be used: {}", purpose_, url->Display(),
                       std::string(errors.message()));
        }
        return connection;
      }
      status = connection.status();
    }
    errors = i == 0 ? status : absl::Status(status.code(), absl::StrCat(errors.message(), "; ", status.message()));
  }
  return errors;
}

}  // namespace logistics::messaging
