// Properties of messages: of our own as they are published, and of foreign ones as they are read and passed on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "messaging/amqp/amqp.hpp"

namespace logistics::messaging {

// One message of ours as it goes out. The views outlive the call that publishes it.
struct Publication {
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view message_id;
  std::string_view type;
  std::string_view correlation_id;  // empty = none; anything over 255 bytes is cut off
  std::string_view traceparent;     // empty = none
  std::string_view body;
  absl::Time timestamp;  // whole seconds on the wire
};

// Whether exchange, routing key, message id and type fit; the library would write a wrong length byte for a longer one.
bool CanBeEncoded(const Publication& message);

// The properties of a publication, which outlives them.
class PublicationProperties {
 public:
  explicit PublicationProperties(const Publication& message);
  PublicationProperties(const PublicationProperties&) = delete;
  PublicationProperties& operator=(const PublicationProperties&) = delete;

  const amqp_basic_properties_t& get() const { return properties_; }

 private:
  amqp_basic_properties_t properties_{};
  amqp_table_entry_t traceparent_{};
};

// The properties of a foreign message. Views stay valid as long as this object and the encoded properties. Not
// thread-safe.
class MessageProperties {
 public:
  // Has no properties at all when `encoded` cannot be read.
  explicit MessageProperties(const std::string& encoded);
  explicit MessageProperties(std::string&&) = delete;
  MessageProperties();  // has none
  ~MessageProperties() { empty_amqp_pool(&pool_); }
  MessageProperties(const MessageProperties&) = delete;
  MessageProperties& operator=(const MessageProperties&) = delete;

  // All of them, with the headers. The reference is good until the next change.
  const amqp_basic_properties_t& properties();
  // Likewise, as encoded on the wire; empty when they do not fit into a frame.
  std::string Encode();

  // A header that is text; nullopt also for one of another kind.
  std::optional<std::string_view> Text(std::string_view name) const;
  const amqp_field_value_t* Header(std::string_view name) const;
  // Adds or replaces a header. `name` and `value` outlive this object.
  void SetText(const char* name, std::string_view value);
  void SetNumber(const char* name, std::int64_t value);
  void SetTextOnce(const char* name, std::string_view value);
  void RemoveHeaders(const std::function<bool(std::string_view name)>& which);

  // A property that is text of at most 255 bytes. `value` outlives this object.
  void SetProperty(amqp_flags_t flag, amqp_bytes_t amqp_basic_properties_t::*property, std::string_view value);
  void MakePersistent();
  // The broker accepts a user id only from that user.
  void RemoveUserId() { Unset(AMQP_BASIC_USER_ID_FLAG); }
  void RemoveExpiration() { Unset(AMQP_BASIC_EXPIRATION_FLAG); }

 private:
  void Set(const amqp_table_entry_t& header);
  void Unset(amqp_flags_t flag) { properties_._flags &= ~flag; }

  amqp_pool_t pool_{};
  amqp_basic_properties_t properties_{};
  std::vector<amqp_table_entry_t> headers_;
};

// CC and BCC send a message to other queues too.
bool SendsElsewhere(std::string_view header_name);

// The header x-death of a message that the broker dead-lettered itself (https://www.rabbitmq.com/docs/dlx).
struct BrokerDeath {
  std::string reason;    // of the last time: rejected, expired, maxlen, delivery_limit
  absl::Time at;         // likewise
  std::string exchange;  // of the first time: where the message was published, and with which key
  std::string routing_key;
};
std::optional<BrokerDeath> BrokerDeathOf(const MessageProperties& properties);

}  // namespace logistics::messaging
