#include "messaging/amqp/message_properties.hpp"

#include <algorithm>

namespace logistics::messaging {
namespace {

constexpr std::size_t kPropertiesPageBytes = 4'096;
constexpr std::size_t kEncodedBytesMax = 131'072;  // of a frame
constexpr std::uint8_t kPersistentDelivery = 2;
constexpr std::size_t kShortStringBytesMax = 255;  // AMQP 0-9-1 §4.2.5.3

const amqp_field_value_t* FieldOf(const amqp_table_t& table, std::string_view name) {
  for (int i = 0; i < table.num_entries; ++i) {
    if (ViewOf(table.entries[i].key) == name) return &table.entries[i].value;
  }
  return nullptr;
}

std::string TextOf(const amqp_field_value_t* value) {
  if (value == nullptr || value->kind != AMQP_FIELD_KIND_UTF8) return "";
  return std::string(ViewOf(value->value.bytes));
}

}  // namespace

bool CanBeEncoded(const Publication& message) {
  return message.exchange.size() <= kShortStringBytesMax && message.routing_key.size() <= kShortStringBytesMax &&
         message.message_id.size() <= kShortStringBytesMax && message.type.size() <= kShortStringBytesMax;
}

PublicationProperties::PublicationProperties(const Publication& message) {
  properties_._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                       AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG;
  properties_.content_type = AmqpBytes("application/json");
  properties_.delivery_mode = kPersistentDelivery;
  properties_.message_id = AmqpBytes(message.message_id);
  properties_.type = AmqpBytes(message.type);
  properties_.app_id = AmqpBytes("logistics-engine");
  properties_.timestamp = static_cast<std::uint64_t>(absl::ToUnixSeconds(message.timestamp));
  if (!message.correlation_id.empty()) {
    properties_._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
    properties_.correlation_id = AmqpBytes(message.correlation_id.substr(0, kShortStringBytesMax));
  }
  // A W3C traceparent has 55 characters; a far longer text is none and might not fit into the frame.
  if (!message.traceparent.empty() && message.traceparent.size() <= kShortStringBytesMax) {
    traceparent_ = TextEntry("traceparent", message.traceparent);
    properties_._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties_.headers = {1, &traceparent_};
  }
}

MessageProperties::MessageProperties(const std::string& encoded) {
  init_amqp_pool(&pool_, kPropertiesPageBytes);
  void* decoded = nullptr;
  if (encoded.empty() ||
      amqp_decode_properties(AMQP_BASIC_CLASS, &pool_, AmqpBytes(encoded), &decoded) != AMQP_STATUS_OK) {
    return;
  }
  properties_ = *static_cast<const amqp_basic_properties_t*>(decoded);
  if ((properties_._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  const amqp_table_t& headers = properties_.headers;
  headers_.assign(headers.entries, headers.entries + headers.num_entries);
}

const amqp_basic_properties_t& MessageProperties::properties() {
  properties_.headers = {static_cast<int>(headers_.size()), headers_.data()};
  Unset(AMQP_BASIC_HEADERS_FLAG);
  if (!headers_.empty()) properties_._flags |= AMQP_BASIC_HEADERS_FLAG;
  return properties_;
}

MessageProperties::MessageProperties() { init_amqp_pool(&pool_, kPropertiesPageBytes); }

std::string MessageProperties::Encode() {
  properties();
  std::string encoded(kEncodedBytesMax, '\0');
  const int size = amqp_encode_properties(AMQP_BASIC_CLASS, &properties_, AmqpBytes(encoded));
  encoded.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return encoded;
}

const amqp_field_value_t* MessageProperties::Header(std::string_view name) const {
  const auto found = std::find_if(headers_.begin(), headers_.end(),
                                  [&](const amqp_table_entry_t& header) { return ViewOf(header.key) == name; });
  return found == headers_.end() ? nullptr : &found->value;
}

std::optional<std::string_view> MessageProperties::Text(std::string_view name) const {
  const amqp_field_value_t* const value = Header(name);
  if (value == nullptr || value->kind != AMQP_FIELD_KIND_UTF8) return std::nullopt;
  return ViewOf(value->value.bytes);
}

void MessageProperties::Set(const amqp_table_entry_t& header) {
  const auto found = std::find_if(headers_.begin(), headers_.end(), [&](const amqp_table_entry_t& entry) {
    return ViewOf(entry.key) == ViewOf(header.key);
  });
  if (found == headers_.end()) {
    headers_.push_back(header);
  } else {
    *found = header;
  }
}

void MessageProperties::SetText(const char* name, std::string_view value) { Set(TextEntry(name, value)); }

void MessageProperties::SetNumber(const char* name, std::int64_t value) { Set(NumberEntry(name, value)); }

void MessageProperties::SetTextOnce(const char* name, std::string_view value) {
  if (Header(name) == nullptr) SetText(name, value);
}

void MessageProperties::RemoveHeaders(const std::function<bool(std::string_view name)>& which) {
  std::erase_if(headers_, [&](const amqp_table_entry_t& header) { return which(ViewOf(header.key)); });
}

void MessageProperties::SetProperty(amqp_flags_t flag, amqp_bytes_t amqp_basic_properties_t::*property,
                                    std::string_view value) {
  properties_._flags |= flag;
  properties_.*property = AmqpBytes(value);
}

void MessageProperties::MakePersistent() {
  properties_._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties_.delivery_mode = kPersistentDelivery;
}

bool SendsElsewhere(std::string_view header_name) { return header_name == "CC" || header_name == "BCC"; }

std::optional<BrokerDeath> BrokerDeathOf(const MessageProperties& properties) {
  const amqp_field_value_t* const deaths = properties.Header("x-death");
  if (deaths == nullptr || deaths->kind != AMQP_FIELD_KIND_ARRAY || deaths->value.array.num_entries == 0) {
    return std::nullopt;
  }
  const amqp_array_t& list = deaths->value.array;
  const amqp_field_value_t& last = list.entries[0];  // the newest comes first
  const amqp_field_value_t& first = list.entries[list.num_entries - 1];
  if (last.kind != AMQP_FIELD_KIND_TABLE || first.kind != AMQP_FIELD_KIND_TABLE) return std::nullopt;
  BrokerDeath death;
  death.reason = TextOf(FieldOf(last.value.table, "reason"));
  const amqp_field_value_t* const time = FieldOf(last.value.table, "time");
  if (time != nullptr && time->kind == AMQP_FIELD_KIND_TIMESTAMP) {
    death.at = absl::FromUnixSeconds(static_cast<std::int64_t>(time->value.u64));
  }
  death.exchange = TextOf(FieldOf(first.value.table, "exchange"));
  const amqp_field_value_t* const keys = FieldOf(first.value.table, "routing-keys");
  if (keys != nullptr && keys->kind == AMQP_FIELD_KIND_ARRAY && keys->value.array.num_entries > 0) {
    death.routing_key = TextOf(&keys->value.array.entries[0]);
  }
  return death;
}

}  // namespace logistics::messaging
