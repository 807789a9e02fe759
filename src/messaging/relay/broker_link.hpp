#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "logistics/base/log_limiter.hpp"
#include "logistics/ports/health.hpp"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/dialer.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/topology.hpp"
#include "messaging/relay/publish_window.hpp"
#include "messaging/relay/quarantined_keys.hpp"
#include "messaging/relay/relay_metrics.hpp"

namespace logistics::messaging {

// The relay's side towards the broker: keeps a connection (for ever, with backoff), declares the topology, sends what
// the window offers and tells the window what became of it. Reports health component "broker". Belongs to one thread.
class BrokerLink final : private ConnectionListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The references outlive the link. `cancelled` is asked between the URLs of one attempt to connect.
  BrokerLink(const BrokerOptions& options, PublishWindow& window, QuarantinedKeys& quarantined, RelayMetrics& metrics,
             ports::HealthReporter& health, SocketWatchdog& watchdog, std::function<bool()> cancelled);
  ~BrokerLink() override = default;

  // Connects, opens the channel, declares: whatever is due. Gives up a connection that does not confirm.
  void Maintain(Time now);
  // Takes in what the broker said.
  void Service(Time now);
  // Sends what may go out now, up to a bound.
  void Publish(Time now);
  // Ends the connection properly.
  void Close();

  bool connected() const { return connection_ != nullptr && channel_open_; }
  bool CanPublish() const { return connected() && !blocked_; }
  bool HasInput() const { return connection_ != nullptr && connection_->HasInput(); }
  int fd() const { return connection_ == nullptr ? -1 : connection_->fd(); }
  // When Maintain or Service have to be called again, whatever happens.
  Time NextDue(Time now) const;
  // Why the broker refused a message, the last time it did.
  const std::string& last_refusal() const { return last_refusal_; }

 private:
  void OnAck(std::uint64_t tag, bool multiple) override;
  void OnNack(std::uint64_t tag, bool multiple) override;
  void OnReturned(std::string_view message_id, std::string_view reason) override;
  void OnChannelClosed(const absl::Status& why) override;
  void OnBlocked(std::string_view reason) override;
  void OnUnblocked() override;

  void Connect(Time now);
  absl::Status OpenChannelAndDeclare(Time now);
  absl::Status DeclareTopology(Time now);
  void Lose(const absl::Status& why, Time now);
  bool ConfirmsOverdue(Time now) const;
  void NoteOutcomes();
  // Holds back the rest of a key of which a message was refused. Returns whether there was one.
  bool NoteRefused(const std::optional<OrderingId>& key);
  void ReportHealth();
  std::string_view ExchangeOf(domain::EventStream stream) const;

  const BrokerOptions& options_;
  const Topology topology_;
  PublishWindow& window_;
  QuarantinedKeys& quarantined_;
  RelayMetrics& metrics_;
  ports::HealthReporter& health_;
  BrokerDialer dialer_;
  std::mt19937_64 random_;

  std::unique_ptr<Connection> connection_;
  bool channel_open_ = false;
  bool blocked_ = false;
  bool ever_connected_ = false;
  int failures_ = 0;  // of connections, since one of them had a confirm
  Time connected_at_;
  Time connect_at_ = Time::min();
  Time declare_at_ = Time::max();
  Time confirms_expected_since_ = Time::min();  // waiting for a confirm counts from here at the earliest
  Time service_now_;
  std::vector<PublishOutcome> outcomes_;
  std::vector<TopologyConflict> conflicts_;
  std::string blocked_reason_;
  std::string down_reason_ = "not connected yet";
  std::string last_refusal_;
  std::optional<std::string> reported_;  // the last reason told; empty = up
  base::LogLimiter unroutable_log_{std::chrono::seconds(10)};
  base::LogLimiter refusal_log_{std::chrono::seconds(10)};
};

}  // namespace logistics::messaging
