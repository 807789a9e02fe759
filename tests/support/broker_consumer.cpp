#include <fmt/format.h>

#include <random>
#include <stdexcept>

#include "support/amqp_client.hpp"
#include "support/broker.hpp"

namespace logistics::support {
namespace {

// Given at once by the broker.
constexpr std::uint16_t kPrefetch = 100;

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
  AmqpClient client;
  std::string queue;
};

TestConsumer::TestConsumer(const std::string& url, const std::string& queue) : impl_(new Impl{AmqpClient(url), queue}) {
  amqp_connection_state_t const connection = impl_->client.connection();
  amqp_basic_qos(connection, AmqpClient::kChannel, 0, kPrefetch, 0);
  impl_->client.MustSucceed("setting the prefetch");
  amqp_basic_consume(connection, AmqpClient::kChannel, BytesOf(queue), amqp_empty_bytes, 0, /*no_ack=*/0, 0,
                     amqp_empty_table);
  impl_->client.MustSucceed("consuming " + queue);
}

TestConsumer::~TestConsumer() = default;

std::optional<ReceivedMessage> TestConsumer::Next(absl::Duration timeout) {
  amqp_connection_state_t const connection = impl_->client.connection();
  amqp_maybe_release_buffers(connection);
  const timeval wait = absl::ToTimeval(timeout);
  amqp_envelope_t envelope;
  const amqp_rpc_reply_t reply = amqp_consume_message(connection, &envelope, &wait, 0);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) return std::nullopt;
  ReceivedMessage message = MessageOf(envelope);
  amqp_basic_ack(connection, AmqpClient::kChannel, envelope.delivery_tag, 0);
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

std::vector<ReceivedMessage> TestConsumer::Rest() {
  const std::string last = fmt::format("sentinel-{:x}", std::random_device{}());
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG;
  properties.message_id = BytesOf(last);
  amqp_basic_publish(impl_->client.connection(), AmqpClient::kChannel, amqp_empty_bytes, BytesOf(impl_->queue), 0, 0,
                     &properties, amqp_empty_bytes);
  std::vector<ReceivedMessage> messages;
  for (;;) {
    std::optional<ReceivedMessage> message = Next();
    if (!message) throw std::runtime_error("what was put behind all messages did not come from " + impl_->queue);
    if (message->message_id == last) return messages;
    messages.push_back(*std::move(message));
  }
}

}  // namespace logistics::support
