#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "messaging/amqp/amqp.hpp"

namespace logistics::messaging {

// The channels of a connection. Declarations have one of their own, so that a refused one does not end the others.
inline constexpr amqp_channel_t kPublishChannel = 1;
inline constexpr amqp_channel_t kDeclareChannel = 2;
inline constexpr amqp_channel_t kConsumeChannel = 3;

// A message as it came to a consumer.
struct Delivery {
  std::uint64_t tag = 0;  // on the channel of this connection's consumer
  std::string exchange;   // where it was first published
  std::string routing_key;
  std::string correlation_id;  // empty = none
  std::string traceparent;     // empty = none
  std::string properties;      // all of them, as encoded on the wire (AMQP 0-9-1 §2.3.5.2)
  std::string body;
  std::uint64_t skipped_bytes = 0;  // over the limit: the body's size, and `body` is empty; else 0
};

// Receives what the broker sends unasked, in its order. Called inside Connection::ProcessInput.
class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  // `multiple`: everything up to `tag` (tags count from 1 since the channel was opened).
  virtual void OnAck(std::uint64_t tag, bool multiple) = 0;
  virtual void OnNack(std::uint64_t tag, bool multiple) = 0;
  // No queue took the message; its ack follows.
  virtual void OnReturned(std::string_view message_id, std::string_view reason) = 0;
  // The broker ended the publishing channel and confirms nothing more of it.
  virtual void OnChannelClosed(const absl::Status& why) = 0;
  // connection.blocked: the broker has stopped reading publishers (memory or disk alarm).
  virtual void OnBlocked(std::string_view reason) = 0;
  virtual void OnUnblocked() = 0;
  // A message for the consumer (Connection::Consume).
  virtual void OnDelivery(Delivery&& /*delivery*/) {}
  // The broker ended the consumer or its channel: no more deliveries come, and others get those that were not acked.
  virtual void OnConsumerEnded(const absl::Status& /*why*/) {}
};

// Turns the frames of one connection into calls of its listener, all but those that close something. Answers nothing.
class FrameInput {
 public:
  void OnFrame(const amqp_frame_t& frame, ConnectionListener& listener);
  // Longer bodies of deliveries are skipped while they arrive.
  void LimitBodies(std::uint64_t bytes_max) { body_bytes_max_ = bytes_max; }
  // The channel was closed: the rest of a message on it will not come.
  void Reset(amqp_channel_t channel);

 private:
  // A message comes as a method frame, a header frame and body frames, maybe not all at once.
  struct Content {
    bool header_seen = false;
    std::uint64_t body_left = 0;
    // Whether the message is complete with `frame`.
    bool Add(const amqp_frame_t& frame);
  };
  struct Return {
    std::string reason;
    std::string message_id;
    Content content;
  };
  struct Arriving {
    Delivery delivery;
    Content content;
  };

  void OnMethod(const amqp_frame_t& frame, ConnectionListener& listener);
  void OnReturnContent(const amqp_frame_t& frame, ConnectionListener& listener);
  void OnDeliveryContent(const amqp_frame_t& frame, ConnectionListener& listener);

  std::uint64_t body_bytes_max_ = std::numeric_limits<std::uint64_t>::max();
  std::optional<Return> return_;
  std::optional<Arriving> arriving_;
};

}  // namespace logistics::messaging
