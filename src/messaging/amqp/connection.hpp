#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
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
#include "messaging/amqp/frame_input.hpp"
#include "messaging/amqp/message_properties.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/amqp/socket_watchdog.hpp"

namespace logistics::messaging {

// Arguments of a declaration.
using Arguments = std::map<std::string, std::variant<std::string, std::int64_t, bool>>;

// One connection to a broker, with one channel in confirm mode and at most one consumer. Belongs to one thread. Every
// call that can wait is bounded: each step of connecting by connect_timeout, everything else by the watchdog and
// operation_timeout.
//
// After an error of EndsConnection the object is of no use any more; after any other error the connection lives on. No
// error text has a password.
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

  // Sends with `mandatory`, persistent. Returns the delivery tag. INVALID_ARGUMENT: the message cannot be encoded and
  // was not sent.
  absl::StatusOr<std::uint64_t> Publish(const Publication& message);
  // Publishes with properties of the caller's.
  absl::StatusOr<std::uint64_t> Send(std::string_view exchange, std::string_view routing_key,
                                     const amqp_basic_properties_t& properties, std::string_view body);

  // Takes messages from `queue`, at most `prefetch` unacked ones at a time; once. They come to OnDelivery, longer
  // bodies than `body_bytes_max` skipped.
  absl::Status Consume(const std::string& queue, int prefetch,
                       std::uint64_t body_bytes_max = std::numeric_limits<std::uint64_t>::max());
  // `tag` is of a delivery of this very connection.
  absl::Status Ack(std::uint64_t tag);
  // The broker dead-letters the message, or drops it where its queue has no dead letter exchange.
  absl::Status Reject(std::uint64_t tag);

  // Around several Publish or Ack calls: they leave in few packets, and are one operation for the watchdog.
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

  // Reads all that has arrived, without waiting, and keeps up the heartbeats. The caller comes at least every third of
  // the heartbeat interval.
  absl::Status ProcessInput(ConnectionListener& listener);
  // Whether ProcessInput has work although the socket may have nothing to read.
  bool HasInput() const;
  int fd() const;
  // As the broker and we agreed on it: the smaller one counts.
  absl::Duration heartbeat() const;
  // For HeartbeatKeeper. Not while the broker reads nothing: this call never waits.
  void SendHeartbeat();

  // Declarations. A refusal (NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION with the broker's words) leaves the
  // connection usable.
  absl::Status DeclareTopicExchange(const std::string& name);
  absl::Status DeclareQueue(const std::string& name, const Arguments& arguments);
  absl::Status BindQueue(const std::string& queue, const std::string& exchange, const std::string& routing_key);
  // An empty queue that exists as long as this connection. FAILED_PRECONDITION: another connection has one of this
  // name.
  absl::Status DeclareExclusiveQueue(const std::string& name);
  // Whether an exchange of this name is there, with whatever arguments; takes no permission. NOT_FOUND.
  absl::Status LookForExchange(const std::string& name);
  // Messages in a queue that are with no consumer; takes no permission. NOT_FOUND.
  absl::StatusOr<std::size_t> CountMessages(const std::string& queue);

  // Closes in good order, so that the broker processes all that was sent. The object is of no use afterwards.
  void Close();
  // Close; OK when the broker has answered, and so has all acks.
  absl::Status CloseAndWait();

 private:
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

  State state_;
  const std::string where_;  // the URL without its password
  SocketWatchdog& watchdog_;
  std::uint64_t last_tag_ = 0;
  bool declare_channel_open_ = false;
  FrameInput input_;
};

}  // namespace logistics::messaging
