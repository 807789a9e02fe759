#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "messaging/amqp/amqp.hpp"
#include "messaging/amqp/broker_url.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"

namespace logistics::messaging {

// One message as it goes out. Views must outlive the call only.
struct Publication {
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view message_id;
  std::string_view type;
  std::string_view correlation_id;  // empty = none; what is over 255 bytes is cut off
  std::string_view traceparent;     // empty = none
  std::string_view body;
  absl::Time timestamp;  // whole seconds on the wire
};

// Arguments of a declaration.
using Arguments = std::map<std::string, std::variant<std::string, std::int64_t, bool>>;

// A message as it came to a consumer.
struct Delivery {
  std::uint64_t tag = 0;  // on the channel of this connection's consumer
  std::string exchange;   // where it was first published
  std::string routing_key;
  std::string correlation_id;  // empty = none
  std::string traceparent;     // empty = none
  std::string properties;      // all of them, as encoded on the wire (AMQP 0-9-1 §2.3.5.2)
  std::string body;
};

// What the broker says by itself, in the order in which it says it. Called inside Connection::Service.
class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  // `multiple`: everything up to `tag` (tags count from 1 since the channel was opened).
  virtual void OnAck(std::uint64_t tag, bool multiple) = 0;
  virtual void OnNack(std::uint64_t tag, bool multiple) = 0;
  // The message was not routed to any queue; its ack follows.
  virtual void OnReturned(std::string_view message_id, std::string_view reason) = 0;
  // The broker ended the publishing channel: nothing that is unconfirmed will be confirmed.
  virtual void OnChannelClosed(const absl::Status& why) = 0;
  // connection.blocked: the broker has stopped reading publishers (memory or disk alarm).
  virtual void OnBlocked(std::string_view reason) = 0;
  virtual void OnUnblocked() = 0;
  // A message for the consumer (Connection::Consume).
  virtual void OnDelivery(Delivery&& /*delivery*/) {}
  // The broker ended the consumer or its channel: nothing more comes, and what was not acked it gives to others.
  virtual void OnConsumerEnded(const absl::Status& /*why*/) {}
};

// One connection to a broker, with one channel in confirm mode and, where wanted, a consumer. Belongs to one thread.
// Every call that can wait is bounded: connecting by connect_timeout a step, everything else by the watchdog and
// operation_timeout.
//
// Errors: UNAVAILABLE or UNAUTHENTICATED (EndsConnection) mean that the object is of no use any more; others mean what
// they say, and the connection lives on. No message holds a password.
class Connection {
 public:
  // Connects and logs in. `watchdog` watches this connection until it is destroyed; `purpose` is how the broker's own
  // lists show it.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const BrokerOptions& options, const BrokerUrl& url,
                                                          std::string_view purpose, SocketWatchdog& watchdog);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Opens the publishing channel (again, after OnChannelClosed) in confirm mode; delivery tags start at 1.
  absl::Status OpenPublishChannel();

  // Sends with `mandatory`, persistent. Returns the delivery tag. INVALID_ARGUMENT: it cannot be encoded and was not
  // sent.
  absl::StatusOr<std::uint64_t> Publish(const Publication& message);
  // The same with properties as they are given.
  absl::StatusOr<std::uint64_t> Send(std::string_view exchange, std::string_view routing_key,
                                     const amqp_basic_properties_t& properties, std::string_view body);

  // Takes messages from `queue`, at most `prefetch` at a time that are not acked; once. They come to OnDelivery.
  absl::Status Consume(const std::string& queue, int prefetch);
  // Of a delivery of this very connection.
  absl::Status Ack(std::uint64_t tag);

  // Around a number of Publish calls: they leave in few packets, and together are one operation for the watchdog.
  class Burst {
   public:
    explicit Burst(Connection& connection);
    ~Burst();
    Burst(const Burst&) = delete;
    Burst& operator=(const Burst&) = delete;

   private:
    const int fd_;
    const SocketWatchdog::Guard guard_;
  };

  // Takes in all that has arrived, without waiting, and keeps up the heartbeats: to be called at least every third of
  // the heartbeat interval.
  absl::Status Service(ConnectionListener& listener);
  // Whether Service has work although the socket may have nothing to read.
  bool HasInput() const;
  int fd() const;

  // Declarations run on a channel of their own, so that a refused one does not end the publishing channel. A refusal
  // (NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION with the broker's words) leaves the connection usable.
  absl::Status DeclareTopicExchange(const std::string& name);
  absl::Status DeclareQueue(const std::string& name, const Arguments& arguments);
  absl::Status BindQueue(const std::string& queue, const std::string& exchange, const std::string& routing_key);
  // A queue of this connection's own, gone with it; nothing is ever in it. FAILED_PRECONDITION: another connection has
  // it.
  absl::Status DeclareExclusiveQueue(const std::string& name);
  // Messages in a queue that nobody has in hand; NOT_FOUND.
  absl::StatusOr<std::size_t> CountMessages(const std::string& queue);

  // Says goodbye: what was sent is then processed. The object is of no use afterwards.
  void Close();
  // OK: the broker has said goodbye too, so that it has taken in all acks.
  absl::Status CloseAndWait();

 private:
  static constexpr amqp_channel_t kPublishChannel = 1;
  static constexpr amqp_channel_t kDeclareChannel = 2;
  static constexpr amqp_channel_t kConsumeChannel = 3;

  struct Free {
    void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
  };
  using State = std::unique_ptr<amqp_connection_state_t_, Free>;

  Connection(State state, const BrokerUrl& url, SocketWatchdog& watchdog);

  absl::Status LogIn(const BrokerOptions& options, const BrokerUrl& url, std::string_view purpose);
  absl::Status OpenDeclareChannel();
  // Runs one declaration on the declare channel; `call` is a synchronous method of rabbitmq-c.
  absl::Status Declare(const std::string& doing, const std::function<void()>& call);
  absl::Status OpenChannel(amqp_channel_t channel);
  void ConfirmChannelClose(amqp_channel_t channel);
  absl::Status OnFrame(const amqp_frame_t& frame, ConnectionListener& listener);
  absl::Status OnMethod(const amqp_frame_t& frame, ConnectionListener& listener);
  void OnContent(const amqp_frame_t& frame, ConnectionListener& listener);
  void OnReturnContent(const amqp_frame_t& frame, ConnectionListener& listener);
  void OnDeliver(const amqp_basic_deliver_t& deliver);
  void OnDeliveryContent(const amqp_frame_t& frame, ConnectionListener& listener);

  State state_;
  const std::string where_;  // the URL without its password
  SocketWatchdog& watchdog_;
  std::uint64_t last_tag_ = 0;
  bool declare_channel_open_ = false;

  // A returned message comes as a method frame, a header frame and body frames, maybe not all at once.
  struct Return {
    std::string reason;
    std::string message_id;
    std::uint64_t body_left = 0;
    bool header_seen = false;
  };
  std::unique_ptr<Return> return_;

  // So does a delivery.
  struct Arriving {
    Delivery delivery;
    std::uint64_t body_left = 0;
    bool header_seen = false;
  };
  std::unique_ptr<Arriving> arriving_;
};

}  // namespace logistics::messaging
