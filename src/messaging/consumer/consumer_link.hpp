#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "logistics/base/log_limiter.hpp"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/dialer.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/topology.hpp"
#include "messaging/consumer/consumer_metrics.hpp"
#include "messaging/consumer/dead_letter_sender.hpp"

namespace logistics::messaging {

// A message that is done, on the connection that delivered it.
struct PendingAck {
  std::uint64_t session = 0;
  std::uint64_t tag = 0;
};

// A consumer's side towards the broker: keeps a connection (for ever, with backoff), declares its queue, takes
// messages, acks them, sends dead letters. Belongs to one thread.
class ConsumerLink final : private ConnectionListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Callbacks {
    // Called inside Service.
    std::function<void(Delivery delivery)> taken;
    // From now on deliveries are of this session; what came before is the broker's again.
    std::function<void(std::uint64_t session)> new_session;
    // Asked between the URLs of one attempt to connect.
    std::function<bool()> cancelled;
  };

  // References outlive the link.
  ConsumerLink(const BrokerOptions& broker, const ConsumerOptions& options, const QueueOptions& queue,
               ConsumerMetrics& metrics, SocketWatchdog& watchdog, Callbacks callbacks);
  ~ConsumerLink() override = default;

  // Connects, opens channels, declares: whatever is due.
  void Maintain(Time now);
  // Takes in what the broker said.
  void Service(Time now);
  // Acks those of the present session; the broker gives out the others again.
  void Ack(const std::vector<PendingAck>& acks, Time now);
  // `insist`: until the broker takes it or the connection ends. Without that a broker that does not take it now is the
  // outcome.
  void Bury(DeadLetter letter, bool insist, DeadLetterSender::Outcome outcome);
  // Sends the next dead letter, when it may go.
  void SendDeadLetters(Time now);

  // Ends the connection properly, so that the broker gives out again what is not acked, and makes none until TakeAgain.
  void HandBack(const std::string& why);
  void TakeAgain();

  bool connected() const { return connection_ != nullptr; }
  bool CanPublish() const { return connected() && publish_channel_open_ && !blocked_; }
  bool dead_letters_pending() const { return !dead_letters_.empty(); }
  bool HasInput() const { return connected() && connection_->HasInput(); }
  int fd() const { return connected() ? connection_->fd() : -1; }
  std::uint64_t session() const { return session_; }
  // When Maintain, Service or SendDeadLetters have to be called again, whatever happens.
  Time NextDue(Time now) const;
  // What is wrong, for people; empty = nothing.
  std::string Trouble() const;

 private:
  void OnAck(std::uint64_t tag, bool multiple) override;
  void OnNack(std::uint64_t tag, bool multiple) override;
  void OnReturned(std::string_view message_id, std::string_view reason) override;
  void OnChannelClosed(const absl::Status& why) override;
  void OnBlocked(std::string_view reason) override;
  void OnUnblocked() override;
  void OnDelivery(Delivery&& delivery) override;
  void OnConsumerEnded(const absl::Status& why) override;

  void Connect(Time now);
  absl::Status SetUp();
  absl::Status DeclareQueue();
  void Refused(const std::string& why);
  void Lose(const absl::Status& why, Time now);
  void EndSession(const absl::Status& why);

  const BrokerOptions& broker_;
  const ConsumerOptions& options_;
  const std::string queue_;
  const Topology topology_;
  ConsumerMetrics& metrics_;
  const Callbacks callbacks_;
  BrokerDialer dialer_;
  std::mt19937_64 random_;

  std::unique_ptr<Connection> connection_;
  DeadLetterSender dead_letters_;
  std::uint64_t session_ = 1;
  bool publish_channel_open_ = false;
  bool blocked_ = false;
  bool handed_back_ = false;
  int failures_ = 0;  // of connections, since one of them was of use
  int refusals_ = 0;  // of dead letters, since one of them was confirmed
  absl::Status consumer_ended_;
  Time connected_at_;
  Time connect_at_ = Time::min();
  Time declare_at_ = Time::max();  // again, after a refused dead letter
  Time service_now_;
  std::vector<TopologyConflict> conflicts_;
  std::string down_reason_ = "not connected yet";
  std::string blocked_reason_;
  base::LogLimiter refusal_log_{std::chrono::seconds(10)};
};

}  // namespace logistics::messaging
