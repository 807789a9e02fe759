#include <stdexcept>

#include "support/broker.hpp"

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

namespace logistics::support {
namespace {

constexpr amqp_channel_t kChannel = 1;

std::string TextOf(const amqp_bytes_t& bytes) { return {static_cast<const char*>(bytes.bytes), bytes.len}; }

void MustSucceed(const amqp_rpc_reply_t& reply, const std::string& doing) {
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("test consumer: " + doing + " failed");
}

ReceivedMessage MessageOf(const amqp_envelope_t& envelope) {
  const amqp_basic_properties_t& properties = envelope.message.properties;
  const auto text = [&](amqp_flags_t flag, const amqp_bytes_t& bytes) {
    return (properties._flags & flag) != 0 ? TextOf(bytes) : std::string();
  };
  ReceivedMessage message;
  message.exchange = TextOf(envelope.exchange);
  message.routing_key = TextOf(envelope.routing_key);
  message.body = TextOf(envelope.message.body);
  message.content_type = text(AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type);
  message.message_id = text(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id);
  message.type = text(AMQP_BASIC_TYPE_FLAG, properties.type);
  message.app_id = text(AMQP_BASIC_APP_ID_FLAG, properties.app_id);
  message.expiration = text(AMQP_BASIC_EXPIRATION_FLAG, properties.expiration);
  message.correlation_id = text(AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id);
  if ((properties._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0) message.delivery_mode = properties.delivery_mode;
  if ((properties._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) {
    message.timestamp = static_cast<std::int64_t>(properties.timestamp);
  }
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return message;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = properties.headers.entries[i];
    if (TextOf(entry.key) == "traceparent") message.traceparent = TextOf(entry.value.value.bytes);
    if (entry.value.kind == AMQP_FIELD_KIND_UTF8) {
      message.headers[TextOf(entry.key)] = TextOf(entry.value.value.bytes);
    } else if (entry.value.kind == AMQP_FIELD_KIND_I64) {
      message.headers[TextOf(entry.key)] = std::to_string(entry.value.value.i64);
    }
  }
  return message;
}

}  // namespace

struct TestConsumer::Impl {
  amqp_connection_state_t connection = amqp_new_connection();
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { amqp_destroy_connection(connection); }
};

TestConsumer::TestConsumer(const std::string& url, const std::string& queue) : impl_(std::make_unique<Impl>()) {
  std::string writable = url;
  amqp_connection_info info;
  if (amqp_parse_url(writable.data(), &info) != AMQP_STATUS_OK) throw std::runtime_error("test consumer: bad URL");
  amqp_socket_t* const socket = amqp_tcp_socket_new(impl_->connection);
  if (amqp_socket_open(socket, info.host, info.port) != AMQP_STATUS_OK) {
    throw std::runtime_error("test consumer: the broker cannot be reached");
  }
  MustSucceed(
      amqp_login(impl_->connection, info.vhost, 0, 131'072, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password),
      "logging in");
  amqp_channel_open(impl_->connection, kChannel);
  MustSucceed(amqp_get_rpc_reply(impl_->connection), "opening a channel");
  amqp_basic_qos(impl_->connection, kChannel, 0, 100, 0);
  MustSucceed(amqp_get_rpc_reply(impl_->connection), "setting the prefetch");
  amqp_basic_consume(impl_->connection, kChannel, amqp_cstring_bytes(queue.c_str()), amqp_empty_bytes, 0, /*no_ack=*/0,
                     0, amqp_empty_table);
  MustSucceed(amqp_get_rpc_reply(impl_->connection), "consuming " + queue);
}

TestConsumer::~TestConsumer() { amqp_connection_close(impl_->connection, AMQP_REPLY_SUCCESS); }

std::optional<ReceivedMessage> TestConsumer::Next(absl::Duration timeout) {
  amqp_maybe_release_buffers(impl_->connection);
  const timeval wait = absl::ToTimeval(timeout);
  amqp_envelope_t envelope;
  const amqp_rpc_reply_t reply = amqp_consume_message(impl_->connection, &envelope, &wait, 0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) return std::nullopt;
  ReceivedMessage message = MessageOf(envelope);
  amqp_basic_ack(impl_->connection, kChannel, envelope.delivery_tag, 0);
  amqp_destroy_envelope(&envelope);
  return message;
}

std::vector<ReceivedMessage> TestConsumer::Take(std::size_t count, absl::Duration timeout) {
  std::vector<ReceivedMessage> messages;
  while (messages.size() < count) {
    std::optional<ReceivedMessage> message = Next(timeout);
    if (!message) break;
    messages.push_back(*std::move(message));
  }
  return messages;
}

}  // namespace logistics::support
