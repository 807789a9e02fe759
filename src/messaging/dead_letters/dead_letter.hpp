// A message that cannot be handled, on its way to the dead letter exchange: people can read it there and redrive it.
#pragma once

#include <cstdint>
#include <future>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/dead_letter_headers.hpp"

namespace logistics::messaging {

// The longest reason that is kept.
inline constexpr std::size_t kDeadReasonBytesMax = 1'000;

struct DeadLetter {
  std::string exchange;  // the dead letter exchange
  std::string queue;     // the queue that the message came from; the routing key
  std::string consumer;
  std::string reason;
  int attempts = 0;
  absl::Time at;
  std::string original_exchange;
  std::string original_routing_key;
  // The message's own, as Delivery has them. Sending drops those that would hinder the letter: an expiration, a user id
  // (the broker takes it from that user only), CC and BCC (they route to other queues too), and all headers where they
  // are too large for a frame: the dead letter names them.
  std::string properties;
  std::string body;
};

// The properties of a parked message, as far as the inbox keeps them.
std::string EncodeProperties(const std::string& message_id, const std::string& event_type,
                             const std::string& correlation_id, const std::string& traceparent);

// Sends the letter to its dead letter exchange, persistent and mandatory. Returns the delivery tag that the broker will
// confirm; errors as Connection::Publish.
absl::StatusOr<std::uint64_t> SendDeadLetter(Connection& connection, const DeadLetter& letter);

// Publishes dead letters.
class DeadLetterSink {
 public:
  virtual ~DeadLetterSink() = default;
  // The outcome, once it is known: a broker with an alarm may let it wait for hours. OK: the broker has the letter.
  // UNAVAILABLE: it may or may not have it; send the letter again later. Thread-safe; never waits.
  virtual std::future<absl::Status> Send(DeadLetter letter) = 0;
};

}  // namespace logistics::messaging
