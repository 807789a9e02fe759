#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>

#include "logistics/ports/clock.hpp"
#include "logistics/ports/inbox.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/consumer/consumer_link.hpp"
#include "messaging/consumer/consumer_metrics.hpp"
#include "messaging/consumer/order_lanes.hpp"

namespace logistics::messaging {

// The pause of a consumer while the database is unavailable. The lanes give out no message, but for a try with growing
// delay. A pause that lasts hand_back_after, without an answer of the database, returns the messages in hand to the
// queue; the consumer takes messages again once the database answers. Belongs to the connection's thread.
class ConsumerPause {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // References outlive this.
  ConsumerPause(const BrokerOptions& broker, const ConsumerOptions& options, ports::Inbox& inbox,
                const ports::Clock& clock, ConsumerMetrics& metrics, OrderLanes& lanes, ConsumerLink& link);

  // A message met an unavailable database, and the lanes have paused.
  void Begin(std::string reason, Time now);
  // Makes the next try, when it is due.
  void Maintain(Time now);
  // A message was handled.
  void End();

  // When Maintain has to be called; Time::max() = no pause.
  Time NextDue() const { return next_try_; }
  // The reason of the pause, for people; empty = no pause.
  std::string Trouble() const;

 private:
  void DelayNextTry();
  bool DatabaseAnswers();

  const BrokerOptions& broker_;
  const ConsumerOptions& options_;
  ports::Inbox& inbox_;
  const ports::Clock& clock_;
  ConsumerMetrics& metrics_;
  OrderLanes& lanes_;
  ConsumerLink& link_;
  std::mt19937_64 random_;

  std::string reason_;  // empty = no pause
  Time since_;
  Time next_try_ = Time::max();
  int tries_ = 0;
  bool handed_back_ = false;
};

}  // namespace logistics::messaging
