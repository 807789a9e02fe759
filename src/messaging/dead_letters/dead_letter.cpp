#include "messaging/dead_letters/dead_letter.hpp"

#include <string_view>

#include "logistics/base/cut_text.hpp"
#include "messaging/amqp/amqp.hpp"
#include "messaging/amqp/message_properties.hpp"

namespace logistics::messaging {
namespace {

// Together with ours they fit into one frame.
constexpr std::size_t kKeptPropertiesBytesMax = 100'000;
constexpr std::size_t kEncodedBytesMax = 4'096;
constexpr std::size_t kPropertyBytesMax = 255;

}  // namespace

std::string EncodeProperties(const std::string& message_id, const std::string& event_type,
                             const std::string& correlation_id, const std::string& traceparent) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG;
  properties.content_type = AmqpBytes("application/json");
  properties.message_id = AmqpBytes(std::string_view(message_id).substr(0, kPropertyBytesMax));
  properties.type = AmqpBytes(std::string_view(event_type).substr(0, kPropertyBytesMax));
  if (!correlation_id.empty()) {
    properties._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.correlation_id = AmqpBytes(std::string_view(correlation_id).substr(0, kPropertyBytesMax));
  }
  amqp_table_entry_t trace{};
  trace.key = amqp_cstring_bytes("traceparent");
  trace.value.kind = AMQP_FIELD_KIND_UTF8;
  trace.value.value.bytes = AmqpBytes(traceparent);
  if (!traceparent.empty() && traceparent.size() <= kPropertyBytesMax) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {1, &trace};
  }
  std::string encoded(kEncodedBytesMax, '\0');
  const int size = amqp_encode_properties(AMQP_BASIC_CLASS, &properties, AmqpBytes(encoded));
  encoded.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return encoded;
}

absl::StatusOr<std::uint64_t> SendDeadLetter(Connection& connection, const DeadLetter& letter) {
  MessageProperties properties(letter.properties);
  const bool keep = letter.properties.size() <= kKeptPropertiesBytesMax;
  properties.RemoveHeaders([keep](std::string_view name) { return !keep || SendsElsewhere(name); });
  const std::string at = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", letter.at, absl::UTCTimeZone());
  properties.SetText(kDeadReasonHeader, base::CutText(letter.reason, kDeadReasonBytesMax));
  properties.SetText(kDeadAtHeader, at);
  properties.SetText(kDeadConsumerHeader, letter.consumer);
  properties.SetNumber(kDeadAttemptsHeader, letter.attempts);
  properties.SetTextOnce(kOriginalExchangeHeader, letter.original_exchange);
  properties.SetTextOnce(kOriginalRoutingKeyHeader, letter.original_routing_key);
  properties.RemoveExpiration();
  properties.RemoveUserId();
  properties.MakePersistent();
  return connection.Send(letter.exchange, letter.queue, properties.properties(), letter.body);
}

}  // namespace logistics::messaging
