#include "messaging/dead_letter.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "messaging/amqp.hpp"
#include "messaging/cut_text.hpp"

namespace logistics::messaging {
namespace {

constexpr std::uint8_t kPersistentMode = 2;
// Together with ours they fit into one frame.
constexpr std::size_t kKeptPropertiesBytesMax = 100'000;
constexpr std::size_t kPoolPageBytes = 4'096;
constexpr std::size_t kPropertyBytesMax = 255;

class Pool {
 public:
  Pool() { init_amqp_pool(&pool_, kPoolPageBytes); }
  ~Pool() { empty_amqp_pool(&pool_); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  amqp_pool_t* get() { return &pool_; }

 private:
  amqp_pool_t pool_{};
};

std::string_view NameOf(const amqp_table_entry_t& entry) { return ViewOf(entry.key); }

amqp_table_entry_t TextHeader(const char* name, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = AmqpBytes(value);
  return entry;
}

amqp_table_entry_t NumberHeader(const char* name, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

void SetHeader(std::vector<amqp_table_entry_t>& headers, const amqp_table_entry_t& header) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const amqp_table_entry_t& entry) { return NameOf(entry) == NameOf(header); });
  if (found == headers.end()) {
    headers.push_back(header);
  } else {
    *found = header;
  }
}

void SetHeaderOnce(std::vector<amqp_table_entry_t>& headers, const amqp_table_entry_t& header) {
  const bool there = std::any_of(headers.begin(), headers.end(),
                                 [&](const amqp_table_entry_t& entry) { return NameOf(entry) == NameOf(header); });
  if (!there) headers.push_back(header);
}

// The properties as they were sent; none when they cannot be read.
amqp_basic_properties_t Decoded(const std::string& encoded, Pool& pool) {
  void* decoded = nullptr;
  if (encoded.empty() ||
      amqp_decode_properties(AMQP_BASIC_CLASS, pool.get(), AmqpBytes(encoded), &decoded) != AMQP_STATUS_OK) {
    return {};
  }
  return *static_cast<const amqp_basic_properties_t*>(decoded);
}

bool SendsElsewhere(const amqp_table_entry_t& entry) { return NameOf(entry) == "CC" || NameOf(entry) == "BCC"; }

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
  amqp_table_entry_t trace = TextHeader("traceparent", traceparent);
  if (!traceparent.empty() && traceparent.size() <= kPropertyBytesMax) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = {1, &trace};
  }
  std::string encoded(kPoolPageBytes, '\0');
  const int size = amqp_encode_properties(AMQP_BASIC_CLASS, &properties, AmqpBytes(encoded));
  encoded.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return encoded;
}

absl::StatusOr<std::uint64_t> SendDeadLetter(Connection& connection, const DeadLetter& letter) {
  Pool pool;
  amqp_basic_properties_t properties = Decoded(letter.properties, pool);
  std::vector<amqp_table_entry_t> headers;
  const bool keep = letter.properties.size() <= kKeptPropertiesBytesMax;
  if (keep && (properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
    const amqp_table_entry_t* const entries = properties.headers.entries;
    std::remove_copy_if(entries, entries + properties.headers.num_entries, std::back_inserter(headers), SendsElsewhere);
  }
  const std::string at = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", letter.at, absl::UTCTimeZone());
  SetHeader(headers, TextHeader(kDeadReasonHeader, CutText(letter.reason, kDeadReasonBytesMax)));
  SetHeader(headers, TextHeader(kDeadAtHeader, at));
  SetHeader(headers, TextHeader(kDeadConsumerHeader, letter.consumer));
  SetHeader(headers, NumberHeader(kDeadAttemptsHeader, letter.attempts));
  SetHeaderOnce(headers, TextHeader(kOriginalExchangeHeader, letter.original_exchange));
  SetHeaderOnce(headers, TextHeader(kOriginalRoutingKeyHeader, letter.original_routing_key));

  constexpr amqp_flags_t kDropped = AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG;
  properties._flags = (properties._flags & ~kDropped) | AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  properties.delivery_mode = kPersistentMode;
  return connection.Send(letter.exchange, letter.queue, properties, letter.body);
}

}  // namespace logistics::messaging
