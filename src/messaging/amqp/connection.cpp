#include "messaging/amqp/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/errors.hpp"
#include "messaging/amqp/tls.hpp"

namespace logistics::messaging {
namespace {

constexpr int kChannelMax = 16;
constexpr int kFrameBytesMax = 131'072;
constexpr int kFramesInPoolsMax = 256;

timeval TimevalOf(absl::Duration duration) { return absl::ToTimeval(duration); }

amqp_table_entry_t ArgumentEntry(const std::string& key, const Arguments::mapped_type& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return TextEntry(key.c_str(), *text);
  if (const auto* flag = std::get_if<bool>(&value)) return FlagEntry(key.c_str(), *flag);
  return NumberEntry(key.c_str(), std::get<std::int64_t>(value));
}

// While the cork is on, the socket collects small frames and sends full packets.
void SetCork(int fd, bool on) {
  const int value = on ? 1 : 0;
  ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

}  // namespace

Connection::Connection(State state, const BrokerUrl& url, SocketWatchdog& watchdog)
    : state_(std::move(state)), where_(url.Display()), watchdog_(watchdog) {
  watchdog_.Watch(amqp_get_sockfd(state_.get()));
}

Connection::~Connection() { watchdog_.Unwatch(); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const BrokerOptions& options, const BrokerUrl& url,
                                                             std::string_view purpose, SocketWatchdog& watchdog) {
  State state(amqp_new_connection());
  if (!state) return absl::UnavailableError("out of memory for a broker connection");
  amqp_socket_t* socket = nullptr;
  if (url.tls) {
    absl::StatusOr<amqp_socket_t*> secured = NewTlsSocket(state.get(), options, url.host);
    if (!secured.ok()) return secured.status();
    socket = *secured;
  } else {
    socket = amqp_tcp_socket_new(state.get());
  }
  if (socket == nullptr) return absl::UnavailableError("out of memory for a broker socket");
  const timeval connect_timeout = TimevalOf(url.connect_timeout.value_or(options.connect_timeout));
  const int opened = amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &connect_timeout);
  if (opened != AMQP_STATUS_OK) return LibraryError(absl::StrCat("connecting to ", url.Display()), opened);
  std::unique_ptr<Connection> connection(new Connection(std::move(state), url, watchdog));
  const absl::Status logged_in = connection->LogIn(options, url, purpose);
  if (!logged_in.ok()) return logged_in;
  return connection;
}

absl::Status Connection::LogIn(const BrokerOptions& options, const BrokerUrl& url, std::string_view purpose) {
  const timeval connect_timeout = TimevalOf(url.connect_timeout.value_or(options.connect_timeout));
  const timeval operation_timeout = TimevalOf(options.operation_timeout);
  amqp_set_handshake_timeout(state_.get(), &connect_timeout);
  amqp_set_rpc_timeout(state_.get(), &operation_timeout);

  std::array capabilities = {FlagEntry("publisher_confirms", true), FlagEntry("basic.nack", true),
                             FlagEntry("connection.blocked", true), FlagEntry("consumer_cancel_notify", true)};
  amqp_table_entry_t capability_table;
  capability_table.key = amqp_cstring_bytes("capabilities");
  capability_table.value.kind = AMQP_FIELD_KIND_TABLE;
  capability_table.value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  const std::string name = absl::StrCat("logistics-engine ", std::string(purpose));
  std::array properties = {TextEntry("product", "logistics-engine"), TextEntry("version", LOGISTICS_VERSION),
                           TextEntry("connection_name", name), capability_table};
  const amqp_table_t client_properties = {static_cast<int>(properties.size()), properties.data()};

  const SocketWatchdog::Guard guard(watchdog_);
  const int heartbeat_seconds = static_cast<int>(absl::ToInt64Seconds(url.heartbeat.value_or(options.heartbeat)));
  const amqp_rpc_reply_t reply =
      amqp_login_with_properties(state_.get(), url.vhost.c_str(), kChannelMax, kFrameBytesMax, heartbeat_seconds,
                                 &client_properties, AMQP_SASL_METHOD_PLAIN, url.user.c_str(), url.password.c_str());
  return StatusOfReply(absl::StrCat("logging in at ", where_), reply);
}

absl::Status Connection::OpenChannel(amqp_channel_t channel) {
  amqp_channel_open(state_.get(), channel);
  return StatusOfReply(absl::StrCat("opening a channel at ", where_), amqp_get_rpc_reply(state_.get()));
}

absl::Status Connection::OpenPublishChannel() {
  const SocketWatchdog::Guard guard(watchdog_);
  absl::Status status = OpenChannel(kPublishChannel);
  if (!status.ok()) return status;
  amqp_confirm_select(state_.get(), kPublishChannel);
  last_tag_ = 0;
  input_.Reset(kPublishChannel);
  return StatusOfReply(absl::StrCat("asking for publisher confirms at ", where_), amqp_get_rpc_reply(state_.get()));
}

Connection::Burst::Burst(Connection& connection) : fd_(connection.fd()), guard_(connection.watchdog_) {
  SetCork(fd_, true);
}

Connection::Burst::~Burst() { SetCork(fd_, false); }

absl::StatusOr<std::uint64_t> Connection::Publish(const Publication& message) {
  if (!CanBeEncoded(message)) {
    return absl::InvalidArgumentError("exchange, routing key, message id and type hold at most 255 bytes");
  }
  return Send(message.exchange, message.routing_key, PublicationProperties(message).get(), message.body);
}

absl::StatusOr<std::uint64_t> Connection::Send(std::string_view exchange, std::string_view routing_key,
                                               const amqp_basic_properties_t& properties, std::string_view body) {
  constexpr amqp_boolean_t kMandatory = 1;
  constexpr amqp_boolean_t kNotImmediate = 0;
  const int sent = amqp_basic_publish(state_.get(), kPublishChannel, AmqpBytes(exchange), AmqpBytes(routing_key),
                                      kMandatory, kNotImmediate, &properties, AmqpBytes(body));
  // Half a message may be on the wire: nothing can follow on this connection.
  if (sent != AMQP_STATUS_OK) {
    return absl::UnavailableError(LibraryError(absl::StrCat("publishing at ", where_), sent).message());
  }
  return ++last_tag_;
}

absl::Status Connection::Consume(const std::string& queue, int prefetch, std::uint64_t body_bytes_max) {
  const SocketWatchdog::Guard guard(watchdog_);
  input_.LimitBodies(body_bytes_max);
  absl::Status status = OpenChannel(kConsumeChannel);
  if (!status.ok()) return status;
  const auto count =
      static_cast<std::uint16_t>(std::clamp<int>(prefetch, 1, std::numeric_limits<std::uint16_t>::max()));
  amqp_basic_qos(state_.get(), kConsumeChannel, /*prefetch_size=*/0, count, /*global=*/0);
  status = StatusOfReply("setting the prefetch", amqp_get_rpc_reply(state_.get()));
  if (!status.ok()) return status;
  amqp_basic_consume(state_.get(), kConsumeChannel, AmqpBytes(queue), amqp_empty_bytes, /*no_local=*/0, /*no_ack=*/0,
                     /*exclusive=*/0, amqp_empty_table);
  return StatusOfReply(absl::StrCat("consuming from queue ", queue), amqp_get_rpc_reply(state_.get()));
}

absl::Status Connection::Ack(std::uint64_t tag) {
  const int sent = amqp_basic_ack(state_.get(), kConsumeChannel, tag, /*multiple=*/0);
  return LibraryError(absl::StrCat("acking at ", where_), sent);
}

absl::Status Connection::Reject(std::uint64_t tag) {
  const int sent = amqp_basic_reject(state_.get(), kConsumeChannel, tag, /*requeue=*/0);
  return LibraryError(absl::StrCat("rejecting at ", where_), sent);
}

bool Connection::HasInput() const {
  return amqp_frames_enqueued(state_.get()) != 0 || amqp_data_in_buffer(state_.get()) != 0;
}

absl::Status Connection::ProcessInput(ConnectionListener& listener) {
  const SocketWatchdog::Guard guard(watchdog_);
  constexpr timeval kDoNotWait{};
  absl::Status status;
  for (int frames = 1; status.ok(); ++frames) {
    amqp_frame_t frame;
    const int read = amqp_simple_wait_frame_noblock(state_.get(), &frame, &kDoNotWait);
    if (read == AMQP_STATUS_TIMEOUT) break;
    status = read == AMQP_STATUS_OK ? OnFrame(frame, listener) : LibraryError(where_, read);
    // Frames fill pools of the library, which only grow until they are released.
    if (frames % kFramesInPoolsMax == 0) amqp_maybe_release_buffers(state_.get());
  }
  amqp_maybe_release_buffers(state_.get());
  return status;
}

absl::Status Connection::OnFrame(const amqp_frame_t& frame, ConnectionListener& listener) {
  if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* close = static_cast<const amqp_connection_close_t*>(frame.payload.method.decoded);
    const absl::Status why = ConnectionClosedError(where_, close->reply_code, ViewOf(close->reply_text));
    amqp_connection_close_ok_t answer{};
    amqp_send_method(state_.get(), 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer);
    return why;
  }
  if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* close = static_cast<const amqp_channel_close_t*>(frame.payload.method.decoded);
    const absl::Status why = ChannelClosedError("channel closed", close->reply_code, ViewOf(close->reply_text));
    ConfirmChannelClose(frame.channel);
    if (frame.channel == kConsumeChannel) listener.OnConsumerEnded(why);
    if (frame.channel == kPublishChannel) listener.OnChannelClosed(why);
    return absl::OkStatus();
  }
  input_.OnFrame(frame, listener);
  return absl::OkStatus();
}

void Connection::ConfirmChannelClose(amqp_channel_t channel) {
  amqp_channel_close_ok_t answer{};
  amqp_send_method(state_.get(), channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
  if (channel == kDeclareChannel) declare_channel_open_ = false;
  input_.Reset(channel);
}

absl::Status Connection::OpenDeclareChannel() {
  if (declare_channel_open_) return absl::OkStatus();
  const absl::Status status = OpenChannel(kDeclareChannel);
  declare_channel_open_ = status.ok();
  return status;
}

absl::Status Connection::Declare(const std::string& doing, const std::function<void()>& call) {
  const SocketWatchdog::Guard guard(watchdog_);
  absl::Status status = OpenDeclareChannel();
  if (!status.ok()) return status;
  call();
  status = StatusOfReply(doing, amqp_get_rpc_reply(state_.get()));
  if (!status.ok() && !EndsConnection(status)) ConfirmChannelClose(kDeclareChannel);
  return status;
}

absl::Status Connection::DeclareTopicExchange(const std::string& name) {
  return Declare(absl::StrCat("declaring exchange ", name), [&] {
    amqp_exchange_declare(state_.get(), kDeclareChannel, AmqpBytes(name), AmqpBytes("topic"), /*passive=*/0,
                          /*durable=*/1, /*auto_delete=*/0, /*internal=*/0, amqp_empty_table);
  });
}

absl::Status Connection::LookForExchange(const std::string& name) {
  return Declare(absl::StrCat("looking for exchange ", name), [&] {
    amqp_exchange_declare(state_.get(), kDeclareChannel, AmqpBytes(name), AmqpBytes("topic"), /*passive=*/1,
                          /*durable=*/1, /*auto_delete=*/0, /*internal=*/0, amqp_empty_table);
  });
}

absl::Status Connection::DeclareQueue(const std::string& name, const Arguments& arguments) {
  std::vector<amqp_table_entry_t> entries;
  entries.reserve(arguments.size());
  for (const auto& [key, value] : arguments) entries.push_back(ArgumentEntry(key, value));
  return Declare(absl::StrCat("declaring queue ", name), [&] {
    amqp_queue_declare(state_.get(), kDeclareChannel, AmqpBytes(name), /*passive=*/0, /*durable=*/1, /*exclusive=*/0,
                       /*auto_delete=*/0, {static_cast<int>(entries.size()), entries.data()});
  });
}

absl::Status Connection::BindQueue(const std::string& queue, const std::string& exchange,
                                   const std::string& routing_key) {
  return Declare(absl::StrCat("binding queue ", queue, " to exchange ", exchange, " on ", routing_key), [&] {
    amqp_queue_bind(state_.get(), kDeclareChannel, AmqpBytes(queue), AmqpBytes(exchange), AmqpBytes(routing_key),
                    amqp_empty_table);
  });
}

absl::Status Connection::DeclareExclusiveQueue(const std::string& name) {
  return Declare(absl::StrCat("declaring queue ", name), [&] {
    amqp_queue_declare(state_.get(), kDeclareChannel, AmqpBytes(name), /*passive=*/0, /*durable=*/0, /*exclusive=*/1,
                       /*auto_delete=*/1, amqp_empty_table);
  });
}

absl::StatusOr<std::size_t> Connection::CountMessages(const std::string& queue) {
  std::size_t count = 0;
  const absl::Status status = Declare(absl::StrCat("looking at queue ", queue), [&] {
    const amqp_queue_declare_ok_t* const answer =
        amqp_queue_declare(state_.get(), kDeclareChannel, AmqpBytes(queue), /*passive=*/1, /*durable=*/0,
                           /*exclusive=*/0, /*auto_delete=*/0, amqp_empty_table);
    if (answer != nullptr) count = answer->message_count;
  });
  if (!status.ok()) return status;
  return count;
}

absl::Status Connection::CloseAndWait() {
  const SocketWatchdog::Guard guard(watchdog_);
  return StatusOfReply(absl::StrCat("closing the connection to ", where_),
                       amqp_connection_close(state_.get(), AMQP_REPLY_SUCCESS));
}

void Connection::Close() { CloseAndWait().IgnoreError(); }

absl::Duration Connection::heartbeat() const { return absl::Seconds(amqp_get_heartbeat(state_.get())); }

void Connection::SendHeartbeat() {
  pollfd socket{fd(), POLLOUT, 0};
  if (::poll(&socket, 1, 0) != 1 || (socket.revents & POLLOUT) == 0) return;
  amqp_frame_t heartbeat{};
  heartbeat.frame_type = AMQP_FRAME_HEARTBEAT;
  // A connection that is lost shows at the next call of its thread.
  amqp_send_frame(state_.get(), &heartbeat);
}

int Connection::fd() const { return amqp_get_sockfd(state_.get()); }

}  // namespace logistics::messaging
