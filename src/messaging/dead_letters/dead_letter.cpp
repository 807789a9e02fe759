#include "messaging/dead_letters/dead_letter.hpp"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logistics/base/cut_text.hpp"
#include "messaging/amqp/amqp.hpp"
#include "messaging/amqp/message_properties.hpp"

namespace logistics::messaging {
namespace {

// The message's own properties; together with our headers they fit into one frame.
constexpr std::size_t kKeptPropertiesBytesMax = 100'000;
// A longer property is cut. A W3C traceparent has 55 characters; a text that is far longer is none.
constexpr std::size_t kPropertyBytesMax = 255;

// Names the headers of a message whose headers are all left out.
std::string LostHeaders(const std::vector<std::string>& names, std::size_t properties_bytes) {
  const std::string text = absl::StrCat(names.size(), " headers were left out, because all properties have ",
                                        properties_bytes, " bytes together: ", absl::StrJoin(names, ", "));
  return std::string(base::CutText(text, kDeadReasonBytesMax));
}

}  // namespace

std::string EncodeProperties(const std::string& message_id, const std::string& event_type,
                             const std::string& correlation_id, const std::string& traceparent) {
  using Wire = amqp_basic_properties_t;
  const auto cut = [](const std::string& text) { return std::string_view(text).substr(0, kPropertyBytesMax); };
  MessageProperties properties;
  properties.SetProperty(AMQP_BASIC_CONTENT_TYPE_FLAG, &Wire::content_type, "application/json");
  properties.SetProperty(AMQP_BASIC_MESSAGE_ID_FLAG, &Wire::message_id, cut(message_id));
  properties.SetProperty(AMQP_BASIC_TYPE_FLAG, &Wire::type, cut(event_type));
  if (!correlation_id.empty()) {
    properties.SetProperty(AMQP_BASIC_CORRELATION_ID_FLAG, &Wire::correlation_id, cut(correlation_id));
  }
  if (!traceparent.empty() && traceparent.size() <= kPropertyBytesMax) {
    properties.SetText("traceparent", traceparent);
  }
  return properties.Encode();
}

absl::StatusOr<std::uint64_t> SendDeadLetter(Connection& connection, const DeadLetter& letter) {
  MessageProperties properties(letter.properties);
  const bool keep = letter.properties.size() <= kKeptPropertiesBytesMax;
  std::vector<std::string> lost;
  properties.RemoveHeaders([&](std::string_view name) {
    if (!keep) lost.emplace_back(name);
    return !keep || SendsElsewhere(name);
  });
  // Properties refer to their texts until they are sent.
  const std::string lost_headers = keep ? "" : LostHeaders(lost, letter.properties.size());
  if (!keep) properties.SetText(kLostHeadersHeader, lost_headers);
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
