#include "messaging/amqp/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/errors.hpp"
#include "messaging/amqp/tls.hpp"

namespace logistics::messaging {
namespace {

constexpr int kChannelMax = 16;
constexpr int kFrameBytesMax = 131'072;
constexpr std::size_t kShortStringBytesMax = 255;  // AMQP 0-9-1 §4.2.5.3
constexpr std::uint8_t kPersistent = 2;

timeval TimevalOf(absl::Duration duration) { return absl::ToTimeval(duration); }

amqp_table_entry_t TextEntry(const char* key, std::string_view value) {
  amqp_table_entry_t entry;
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = AmqpBytes(value);
  return entry;
}

amqp_table_entry_t BooleanEntry(const char* key, bool value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = value ? 1 : 0;
  return entry;
}

amqp_table_entry_t TrueEntry(const char* key) { return BooleanEntry(key, true); }

amqp_table_entry_t ArgumentEntry(const std::string& key, const Arguments::mapped_type& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return TextEntry(key.c_str(), *text);
  if (const auto* flag = std::get_if<bool>(&value)) return BooleanEntry(key.c_str(), *flag);
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key.c_str());
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = std::get<std::int64_t>(value);
  return entry;
}

// Holds what is written until it is switched off, so that many small frames leave in full packets.
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
  const timeval connect_timeout = TimevalOf(options.connect_timeout);
  const int opened = amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &connect_timeout);
  if (opened != AMQP_STATUS_OK) return LibraryError(absl::StrCat("connecting to ", url.Display()), opened);
  std::unique_ptr<Connection> connection(new Connection(std::move(state), url, watchdog));
  const absl::Status logged_in = connection->LogIn(options, url, purpose);
  if (!logged_in.ok()) return logged_in;
  return connection;
}

absl::Status Connection::LogIn(const BrokerOptions& options, const BrokerUrl& url, std::string_view purpose) {
  const timeval connect_timeout = TimevalOf(options.connect_timeout);
  const timeval operation_timeout = TimevalOf(options.operation_timeout);
  amqp_set_handshake_timeout(state_.get(), &connect_timeout);
  amqp_set_rpc_timeout(state_.get(), &operation_timeout);

  std::array capabilities = {TrueEntry("publisher_confirms"), TrueEntry("basic.nack"), TrueEntry("connection.blocked"),
                             TrueEntry("consumer_cancel_notify")};
  amqp_table_entry_t capability_table;
  capability_table.key = amqp_cstring_bytes("capabilities");
  capability_table.value.kind = AMQP_FIELD_KIND_TABLE;
  capability_table.value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  const std::string name = absl::StrCat("logistics-engine ", std::string(purpose));
  std::array properties = {TextEntry("product", "logistics-engine"), TextEntry("version", LOGISTICS_VERSION),
                           TextEntry("connection_name", name), capability_table};
  const amqp_table_t client_properties = {static_cast<int>(properties.size()), properties.data()};

  const SocketWatchdog::Guard guard(watchdog_);
  const int heartbeat_seconds = static_cast<int>(absl::ToInt64Seconds(options.heartbeat));
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
  return_.reset();
  return StatusOfReply(absl::StrCat("asking for publisher confirms at ", where_), amqp_get_rpc_reply(state_.get()));
}

Connection::Burst::Burst(Connection& connection) : fd_(connection.fd()), guard_(connection.watchdog_) {
  SetCork(fd_, true);
}

Connection::Burst::~Burst() { SetCork(fd_, false); }

absl::StatusOr<std::uint64_t> Connection::Publish(const Publication& message) {
  // The library would write a wrong length byte for these.
  if (message.exchange.size() > kShortStringBytesMax || message.routing_key.size() > kShortStringBytesMax ||
      message.message_id.size() > kShortStringBytesMax || message.type.size() > kShortStringBytesMax) {
    return absl::InvalidArgumentError("exchange, routing key, message id and type hold at most 255 bytes");
  }
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                      AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG;
  properties.content_type = AmqpBytes("application/json");
  properties.delivery_mode = kPersistent;
  properties.message_id = AmqpBytes(message.message_id);
  properties.type = AmqpBytes(message.type);
  properties.app_id = AmqpBytes("logistics-engine");
  properties.timestamp = static_cast<std::uint64_t>(absl::ToUnixSeconds(message.timestamp));
  if (!message.correlation_id.empty()) {
    properties._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.correlation_id = AmqpBytes(message.correlation_id.substr(0, kShortStringBytesMax));
  }
  amqp_table_entry_t traceparent;
  // A W3C traceparent has 55 characters; what is far longer is none, and might not fit into the frame.
  if (!message.traceparent.empty() && message.traceparent.size() <= kShortStringBytesMax) {
    traceparent = TextEntry("traceparent", message.traceparent);
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {1, &traceparent};
  }
  return Send(message.exchange, message.routing_key, properties, message.body);
}

absl::StatusOr<std::uint64_t> Connection::Send(std::string_view exchange, std::string_view routing_key,
                                               const amqp_basic_properties_t& properties, std::string_view body) {
  constexpr amqp_boolean_t kMandatory = 1;
  constexpr amqp_boolean_t kNotImmediate = 0;
  const int sent = amqp_basic_publish(state_.get(), kPublishChannel, AmqpBytes(exchange), AmqpBytes(routing_key),
                                      kMandatory, kNotImmediate, &properties, AmqpBytes(body));
  // Whatever stopped it, half a message may be on the wire: nothing can follow on this connection.
  if (sent != AMQP_STATUS_OK) {
    return absl::UnavailableError(LibraryError(absl::StrCat("publishing at ", where_), sent).message());
  }
  return ++last_tag_;
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
  if (!status.ok() && !EndsConnection(status)) {
    declare_channel_open_ = false;
    ConfirmChannelClose(kDeclareChannel);
  }
  return status;
}

absl::Status Connection::DeclareTopicExchange(const std::string& name) {
  return Declare(absl::StrCat("declaring exchange ", name), [&] {
    amqp_exchange_declare(state_.get(), kDeclareChannel, AmqpBytes(name), AmqpBytes("topic"), /*passive=*/0,
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

int Connection::fd() const { return amqp_get_sockfd(state_.get()); }

}  // namespace logistics::messaging
