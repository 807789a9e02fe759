#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "logistics/base/log_limiter.hpp"
#include "logistics/ports/health.hpp"
#include "messaging/amqp/broker_session.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/relay/publish_window.hpp"
#include "messaging/relay/quarantined_keys.hpp"
#include "messaging/relay/relay_metrics.hpp"

namespace logistics::messaging {

// Publishes the messages that the window offers, and resolves their outcomes in the window and among the quarantined
// keys. Reports health component "broker". Belongs to one thread.
class BrokerLink final : private SessionListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The references outlive the link. `cancelled` is asked between the URLs of one attempt to connect.
  BrokerLink(const BrokerOptions& options, PublishWindow& window, QuarantinedKeys& quarantined, RelayMetrics& metrics,
             ports::HealthReporter& health, SocketWatchdog& watchdog, std::function<bool()> cancelled);
  ~BrokerLink() override = default;

  // Connects, opens the channel, declares: whatever is due.
  void Maintain(Time now);
  // Reads the broker's answers.
  void ProcessInput(Time now);
  // Sends the messages that may go out now, up to a bound.
  void Publish(Time now);
  // While the outbox is asked: see BrokerSession.
  [[nodiscard]] HeartbeatKeeper::Scope KeepAlive() { return session_.KeepAlive(); }
  // Ends the connection in good order.
  void Close() { session_.Suspend("stopping"); }

  bool connected() const { return session_.connected(); }
  bool CanPublish() const { return session_.CanPublish(); }
  bool HasInput() const { return session_.HasInput(); }
  int fd() const { return session_.fd(); }
  // When Maintain or ProcessInput have to be called again, whatever happens.
  Time NextDue(Time now) const { return session_.NextDue(now, window_.OldestInFlight()); }
  // Why the broker refused a message, the last time it did.
  const std::string& last_refusal() const { return last_refusal_; }

 private:
  void OnAck(std::uint64_t tag, bool multiple) override;
  void OnNack(std::uint64_t tag, bool multiple) override;
  void OnReturned(std::string_view message_id, std::string_view reason) override;
  void OnChannelClosed(const absl::Status& why) override;
  absl::Status OnConnected(Connection& connection) override;
  void OnConnectionLost(const absl::Status& why) override;

  absl::Status PublishBurst(Time now);
  // Quarantines messages whose confirm is overdue while the broker confirms later ones: a queue of theirs is stuck, and
  // the connection is not.
  void GiveUpStuck(Time now);
  void CountOutcomes(Time now);
  void NoteReturned(const PublishOutcome& outcome, Time now);
  void NoteRefusedByQueue(const PublishOutcome& outcome, Time now);
  // Holds back the rest of a key of which a message was refused. Returns whether there was one.
  bool NoteRefused(const std::optional<OrderingId>& key);
  // The trouble at hand, in words for operators; empty = none.
  std::string Trouble() const;
  // Sets the metrics of the connection, and reports health when it changed.
  void ReportState();
  std::string_view ExchangeOf(domain::EventStream stream) const;

  const BrokerOptions& options_;
  PublishWindow& window_;
  QuarantinedKeys& quarantined_;
  RelayMetrics& metrics_;
  ports::HealthReporter& health_;
  BrokerSession session_;

  bool ever_connected_ = false;
  std::vector<PublishOutcome> outcomes_;
  std::string last_refusal_;
  std::optional<std::string> reported_;  // the last reason reported; empty = up
  base::LogLimiter unroutable_log_{std::chrono::seconds(10)};
  base::LogLimiter refusal_log_{std::chrono::seconds(10)};
  base::LogLimiter nack_log_{std::chrono::seconds(10)};
};

}  // namespace logistics::messaging
