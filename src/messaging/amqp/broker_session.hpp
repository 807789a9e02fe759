#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/dialer.hpp"
#include "messaging/amqp/heartbeat_keeper.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/topology.hpp"

namespace logistics::messaging {

// Receives the broker's answers and messages, and the ends of connections. Called inside the calls of the session. The
// session itself acts on a consumer that ended: the listener sees a lost connection.
class SessionListener : public ConnectionListener {
 public:
  // A new connection has its publishing channel and the topology. An error ends it.
  virtual absl::Status OnConnected(Connection& /*connection*/) { return absl::OkStatus(); }
  // The connection is lost, or an attempt to connect failed: nothing in flight will be confirmed. ABORTED: the broker
  // ended the connection over something that was sent. DEADLINE_EXCEEDED: it confirmed nothing for too long.
  virtual void OnConnectionLost(const absl::Status& why) = 0;
  void OnBlocked(std::string_view /*reason*/) override {}
  void OnUnblocked() override {}
};

// Keeps one connection to the broker: dials without end and with backoff, opens the publishing channel (again, when the
// broker closed it), declares the topology, and gives up a connection that confirms nothing. Belongs to one thread.
//
// Relay and consumers have a session each: an alarm that blocks a publishing connection must not block acks.
class BrokerSession final : private ConnectionListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    std::string purpose;  // the connection's name at the broker, and the start of each log line
    Topology topology;
    absl::Duration redeclare_interval;  // infinite: only with a new channel and after DeclareAgain
    // The effects of an unavailable broker and of one that blocks publishers, for Trouble.
    std::string down_effect;
    std::string blocked_effect;
  };

  // The references outlive the session. `cancelled` is asked between the URLs of one attempt to connect.
  BrokerSession(const BrokerOptions& broker, Options options, SocketWatchdog& watchdog, std::function<bool()> cancelled,
                SessionListener& listener);
  ~BrokerSession() override = default;

  // Connects, opens the channel, declares: whatever is due. Ends a connection that owes a confirm for longer than the
  // operation timeout; `oldest_unconfirmed` is when the oldest message in flight was sent, Time::max() without one.
  void Maintain(Time now, Time oldest_unconfirmed);
  // Reads what the broker has sent.
  void ProcessInput(Time now);
  // Declares the topology at the next Maintain.
  void DeclareAgain() { declare_at_ = Time::min(); }
  // Ends the connection over an error of a call on it, and connects again after a delay.
  void Lose(const absl::Status& why, Time now);
  // Ends the connection in good order and makes none until Resume.
  void Suspend(const std::string& why);
  void Resume();

  bool connected() const { return connection_ != nullptr; }
  bool CanPublish() const { return connected() && channel_open_ && !blocked_; }
  bool HasInput() const { return connected() && connection_->HasInput(); }
  int fd() const { return connected() ? connection_->fd() : -1; }
  // Only while connected.
  Connection& connection() { return *connection_; }
  // Within the scope heartbeats go on, and nothing else: the thread waits for something that is not the broker.
  [[nodiscard]] HeartbeatKeeper::Scope KeepAlive() { return {heartbeats_, connection_.get()}; }
  // When ProcessInput began last: the time of the listener's calls.
  Time input_time() const { return input_time_; }
  // When Maintain and ProcessInput have to be called again, whatever happens.
  Time NextDue(Time now, Time oldest_unconfirmed) const;
  // Whether Maintain would end the connection over this confirm.
  bool ConfirmOverdue(Time now, Time oldest_unconfirmed) const {
    return connected() && now >= ConfirmDue(oldest_unconfirmed);
  }
  bool blocked() const { return blocked_; }
  std::size_t conflicts() const { return declared_.conflicts.size(); }
  // Whether the whole topology is as it was declared. Not so after a conflict, nor where our user may not declare.
  bool declared() const { return declared_.conflicts.empty() && declared_.unchecked.empty(); }
  // The first of: no connection, blocked, a conflict in the topology; empty = none of them.
  std::string Trouble() const;

 private:
  void OnAck(std::uint64_t tag, bool multiple) override;
  void OnNack(std::uint64_t tag, bool multiple) override;
  void OnReturned(std::string_view message_id, std::string_view reason) override;
  void OnChannelClosed(const absl::Status& why) override;
  void OnBlocked(std::string_view reason) override;
  void OnUnblocked() override;
  void OnDelivery(Delivery&& delivery) override;
  void OnConsumerEnded(const absl::Status& why) override { consumer_ended_ = why; }

  void Connect(Time now);
  absl::Status OpenAndDeclare(Time now);
  absl::Status DeclareTopology(Time now);
  void Disconnect(const absl::Status& why);
  // When a confirm is overdue.
  Time ConfirmDue(Time oldest_unconfirmed) const;

  const BrokerOptions& broker_;
  const Options options_;
  SessionListener& listener_;
  BrokerDialer dialer_;
  std::mt19937_64 random_;

  std::unique_ptr<Connection> connection_;
  HeartbeatKeeper heartbeats_;
  bool channel_open_ = false;
  bool blocked_ = false;
  bool suspended_ = false;
  absl::Status consumer_ended_;
  int failures_ = 0;  // of connections, since the broker answered or delivered something
  Time connected_at_;
  Time connect_at_ = Time::min();
  Time declare_at_ = Time::min();
  Time confirms_expected_since_ = Time::min();  // the wait for a confirm begins here at the earliest
  Time input_time_;
  Declared declared_;
  std::string blocked_reason_;
  std::string down_reason_ = "not connected yet";
};

}  // namespace logistics::messaging
