#include "messaging/dead_letters/letter.hpp"

#include <string_view>
#include <utility>

#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/message_properties.hpp"
#include "messaging/dead_letters/dead_letter.hpp"
#include "messaging/events/event_decoder.hpp"

namespace logistics::messaging {
namespace {

constexpr std::size_t kUuidCharacters = 36;

std::string HeaderText(const MessageProperties& properties, const char* name) {
  return std::string(properties.Text(name).value_or(""));
}

void ReadDeath(const MessageProperties& properties, Letter& letter) {
  letter.reason = HeaderText(properties, kDeadReasonHeader);
  letter.consumer = HeaderText(properties, kDeadConsumerHeader);
  if (!absl::ParseTime(absl::RFC3339_full, HeaderText(properties, kDeadAtHeader), &letter.died_at, nullptr)) {
    letter.died_at = absl::InfinitePast();
  }
  const amqp_field_value_t* const attempts = properties.Header(kDeadAttemptsHeader);
  if (attempts != nullptr && attempts->kind == AMQP_FIELD_KIND_I64) letter.attempts = attempts->value.i64;
  letter.original_exchange = HeaderText(properties, kOriginalExchangeHeader);
  letter.original_routing_key = HeaderText(properties, kOriginalRoutingKeyHeader);

  const std::optional<BrokerDeath> death = BrokerDeathOf(properties);
  if (!death) return;
  if (letter.reason.empty()) letter.reason = death->reason;
  if (letter.died_at == absl::InfinitePast()) letter.died_at = death->at;
  if (!properties.Text(kOriginalExchangeHeader)) letter.original_exchange = death->exchange;
  if (!properties.Text(kOriginalRoutingKeyHeader)) letter.original_routing_key = death->routing_key;
}

}  // namespace

Letter LetterOf(Delivery delivery, std::size_t position) {
  Letter letter;
  letter.position = position;
  letter.tag = delivery.tag;
  letter.properties = std::move(delivery.properties);
  letter.body = std::move(delivery.body);

  MessageProperties read(letter.properties);
  ReadDeath(read, letter);
  const amqp_basic_properties_t& properties = read.properties();
  if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) letter.message_id = ViewOf(properties.message_id);

  EventOutline outline = OutlineOf(letter.body);
  letter.event_type = std::move(outline.event_type);
  letter.timestamp = outline.timestamp;
  letter.order_id = outline.order_id;
  if (letter.event_type.empty() && (properties._flags & AMQP_BASIC_TYPE_FLAG) != 0) {
    letter.event_type = ViewOf(properties.type);
  }
  if (!letter.timestamp && (properties._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) {
    letter.timestamp = absl::FromUnixSeconds(static_cast<std::int64_t>(properties.timestamp));
  }
  return letter;
}

std::string ReasonWithoutIds(const std::string& reason) {
  std::string text;
  for (std::size_t i = 0; i < reason.size();) {
    if (domain::Uuid::Parse(std::string_view(reason).substr(i, kUuidCharacters))) {
      text += "<id>";
      i += kUuidCharacters;
    } else {
      text += reason[i++];
    }
  }
  return text;
}

}  // namespace logistics::messaging
