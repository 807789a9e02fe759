#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "logistics/base/log_limiter.hpp"
#include "messaging/amqp/broker_session.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/consumer/consumer_metrics.hpp"
#include "messaging/consumer/dead_letter_sender.hpp"

namespace logistics::messaging {

// A message that is done, on the connection that delivered it.
struct PendingAck {
  std::uint64_t session = 0;
  std::uint64_t tag = 0;
  bool reject = false;  // the broker dead-letters it
};

// A consumer's side towards the broker: takes messages from its queue, acks them and sends dead letters, each on the
// connection that delivered the message. Belongs to one thread.
class ConsumerLink final : private SessionListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Callbacks {
    // Called inside ProcessInput.
    std::function<void(Delivery delivery)> taken;
    // Deliveries are of this session from now on; the broker delivers earlier ones again.
    std::function<void(std::uint64_t session)> new_session;
    // Asked between the URLs of one attempt to connect.
    std::function<bool()> cancelled;
  };

  // References outlive the link.
  ConsumerLink(const BrokerOptions& broker, const ConsumerOptions& options, const QueueOptions& queue,
               ConsumerMetrics& metrics, SocketWatchdog& watchdog, Callbacks callbacks);
  ~ConsumerLink() override = default;

  // Connects, opens channels, declares: whatever is due.
  void Maintain(Time now) { session_.Maintain(now, OldestUnconfirmed()); }
  // Reads what the broker has sent.
  void ProcessInput(Time now) { session_.ProcessInput(now); }
  // Acks and rejects those of the present session; the broker delivers the others again.
  void Ack(const std::vector<PendingAck>& acks, Time now);
  // `insist`: the letter waits until the broker takes it or the connection ends. Else its outcome is an error when the
  // broker does not take it now.
  void AddDeadLetter(DeadLetter letter, bool insist, DeadLetterSender::Outcome outcome);
  // Sends the next dead letter, when it may go.
  void SendDeadLetters(Time now);

  // Ends the connection in good order, so that the broker delivers unacked messages again, and makes none until
  // TakeAgain.
  void HandBack(const std::string& why) { session_.Suspend(why); }
  void TakeAgain() { session_.Resume(); }

  // While the database is asked: see BrokerSession.
  [[nodiscard]] HeartbeatKeeper::Scope KeepAlive() { return session_.KeepAlive(); }

  bool connected() const { return session_.connected(); }
  bool CanPublish() const { return session_.CanPublish(); }
  bool dead_letters_pending() const { return !dead_letters_.empty(); }
  bool HasInput() const { return session_.HasInput(); }
  int fd() const { return session_.fd(); }
  std::uint64_t session() const { return session_number_; }
  // Whether the broker dead-letters a rejected message. A queue with other arguments might drop it.
  bool RejectsAreKept() const { return session_.declared(); }
  // One of the messages that the broker gives at once stays unacked for as long as the session lasts.
  void CountStuck() { ++stuck_; }
  // When Maintain, ProcessInput or SendDeadLetters have to be called again, whatever happens.
  Time NextDue(Time now) const;
  // The trouble at hand, in words for operators; empty = none.
  std::string Trouble() const;

 private:
  void OnAck(std::uint64_t tag, bool multiple) override;
  void OnNack(std::uint64_t tag, bool multiple) override;
  void OnReturned(std::string_view message_id, std::string_view reason) override;
  void OnChannelClosed(const absl::Status& why) override;
  void OnBlocked(std::string_view reason) override;
  void OnDelivery(Delivery&& delivery) override { callbacks_.taken(std::move(delivery)); }
  absl::Status OnConnected(Connection& connection) override;
  void OnConnectionLost(const absl::Status& why) override;

  void Refused(const std::string& why);
  Time OldestUnconfirmed() const { return dead_letters_.in_flight() ? dead_letters_.sent_at() : Time::max(); }

  const BrokerOptions& broker_;
  const ConsumerOptions& options_;
  const std::string queue_;
  ConsumerMetrics& metrics_;
  const Callbacks callbacks_;
  BrokerSession session_;
  DeadLetterSender dead_letters_;
  std::uint64_t session_number_ = 1;
  int refusals_ = 0;  // of dead letters, since one of them was confirmed
  int stuck_ = 0;     // of this session's messages: too large, and not to be rejected
  std::mt19937_64 random_;
  base::LogLimiter refusal_log_{std::chrono::seconds(10)};
};

}  // namespace logistics::messaging
