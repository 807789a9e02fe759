#include "messaging/dead_letters/letter_json.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "logistics/domain/validation.hpp"
#include "messaging/amqp/message_properties.hpp"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

using LetterJsonValue = nlohmann::ordered_json;

constexpr int kHeaderDepthMax = 32;
constexpr char kJsonTimeForm[] = "%Y-%m-%dT%H:%M:%E*SZ";

// NUL is UTF-8 as well, and JSON can express it.
bool IsUtf8(std::string_view text) {
  std::string without_nul(text);
  std::replace(without_nul.begin(), without_nul.end(), '\0', ' ');
  return domain::IsCleanText(without_nul);
}

// Bytes that are no text become replacement characters.
std::string OneLineOf(const LetterJsonValue& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, LetterJsonValue::error_handler_t::replace);
}

LetterJsonValue TextOrNull(const std::string& text) {
  return text.empty() ? LetterJsonValue(nullptr) : LetterJsonValue(text);
}

LetterJsonValue TimeOrNull(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return nullptr;
  return absl::FormatTime(kJsonTimeForm, time, absl::UTCTimeZone());
}

LetterJsonValue BytesJson(const amqp_bytes_t& bytes) {
  const std::string text(ViewOf(bytes));
  if (IsUtf8(text)) return text;
  return {{"base64", absl::Base64Escape(text)}};
}

LetterJsonValue TableJson(const amqp_table_t& table, int depth);

LetterJsonValue FieldJson(const amqp_field_value_t& field, int depth) {
  if (depth > kHeaderDepthMax) return "nested too deep to be shown";
  switch (field.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
      return field.value.boolean != 0;
    case AMQP_FIELD_KIND_I8:
      return field.value.i8;
    case AMQP_FIELD_KIND_U8:
      return field.value.u8;
    case AMQP_FIELD_KIND_I16:
      return field.value.i16;
    case AMQP_FIELD_KIND_U16:
      return field.value.u16;
    case AMQP_FIELD_KIND_I32:
      return field.value.i32;
    case AMQP_FIELD_KIND_U32:
      return field.value.u32;
    case AMQP_FIELD_KIND_I64:
      return field.value.i64;
    case AMQP_FIELD_KIND_U64:
      return field.value.u64;
    case AMQP_FIELD_KIND_F32:
      return field.value.f32;
    case AMQP_FIELD_KIND_F64:
      return field.value.f64;
    case AMQP_FIELD_KIND_DECIMAL:
      return absl::StrCat(field.value.decimal.value, "e-", static_cast<int>(field.value.decimal.decimals));
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
      return BytesJson(field.value.bytes);
    case AMQP_FIELD_KIND_TIMESTAMP:
      return TimeOrNull(absl::FromUnixSeconds(static_cast<std::int64_t>(field.value.u64)));
    case AMQP_FIELD_KIND_TABLE:
      return TableJson(field.value.table, depth + 1);
    case AMQP_FIELD_KIND_ARRAY: {
      LetterJsonValue array = LetterJsonValue::array();
      for (int i = 0; i < field.value.array.num_entries; ++i) {
        array.push_back(FieldJson(field.value.array.entries[i], depth + 1));
      }
      return array;
    }
    default:
      return nullptr;
  }
}

LetterJsonValue TableJson(const amqp_table_t& table, int depth) {
  LetterJsonValue object = LetterJsonValue::object();
  for (int i = 0; i < table.num_entries; ++i) {
    object[std::string(ViewOf(table.entries[i].key))] = FieldJson(table.entries[i].value, depth);
  }
  return object;
}

LetterJsonValue HeadersOf(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return LetterJsonValue::object();
  return TableJson(properties.headers, 0);
}

LetterJsonValue PropertiesOf(const amqp_basic_properties_t& properties) {
  LetterJsonValue object = LetterJsonValue::object();
  const auto text = [&](amqp_flags_t flag, const char* name, const amqp_bytes_t& bytes) {
    if ((properties._flags & flag) != 0) object[name] = BytesJson(bytes);
  };
  text(AMQP_BASIC_CONTENT_TYPE_FLAG, "content_type", properties.content_type);
  text(AMQP_BASIC_CONTENT_ENCODING_FLAG, "content_encoding", properties.content_encoding);
  if ((properties._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0) object["delivery_mode"] = properties.delivery_mode;
  if ((properties._flags & AMQP_BASIC_PRIORITY_FLAG) != 0) object["priority"] = properties.priority;
  text(AMQP_BASIC_CORRELATION_ID_FLAG, "correlation_id", properties.correlation_id);
  text(AMQP_BASIC_REPLY_TO_FLAG, "reply_to", properties.reply_to);
  text(AMQP_BASIC_EXPIRATION_FLAG, "expiration", properties.expiration);
  text(AMQP_BASIC_MESSAGE_ID_FLAG, "message_id", properties.message_id);
  if ((properties._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) object["timestamp"] = properties.timestamp;
  text(AMQP_BASIC_TYPE_FLAG, "type", properties.type);
  text(AMQP_BASIC_USER_ID_FLAG, "user_id", properties.user_id);
  text(AMQP_BASIC_APP_ID_FLAG, "app_id", properties.app_id);
  text(AMQP_BASIC_CLUSTER_ID_FLAG, "cluster_id", properties.cluster_id);
  return object;
}

// The members of a letter, in the order of each line. Those of the outline identify it: lines of an action and of the
// audit have no others.
struct LetterMember {
  const char* name;
  bool in_outline;
  LetterJsonValue (*value)(const Letter& letter);
};
constexpr LetterMember kLetterMembers[] = {
    {"position", false, [](const Letter& l) { return LetterJsonValue(l.position); }},
    {"message_id", true, [](const Letter& l) { return TextOrNull(l.message_id); }},
    {"order_id", true, [](const Letter& l) { return TextOrNull(l.order_id ? l.order_id->ToString() : ""); }},
    {"event_type", true, [](const Letter& l) { return TextOrNull(l.event_type); }},
    {"timestamp", true, [](const Letter& l) { return TimeOrNull(l.timestamp.value_or(absl::InfinitePast())); }},
    {"reason", true, [](const Letter& l) { return TextOrNull(l.reason); }},
    {"died_at", true, [](const Letter& l) { return TimeOrNull(l.died_at); }},
    {"consumer", false, [](const Letter& l) { return TextOrNull(l.consumer); }},
    {"attempts", false, [](const Letter& l) { return LetterJsonValue(l.attempts); }},
    {"original_exchange", false, [](const Letter& l) { return TextOrNull(l.original_exchange); }},
    {"original_routing_key", false, [](const Letter& l) { return TextOrNull(l.original_routing_key); }},
    {"properties", false, [](const Letter& l) { return PropertiesOf(MessageProperties(l.properties).properties()); }},
    {"headers", false, [](const Letter& l) { return HeadersOf(MessageProperties(l.properties).properties()); }},
};

void AppendOutline(LetterJsonValue& json, const Letter& letter) {
  for (const LetterMember& member : kLetterMembers) {
    if (member.in_outline) json[member.name] = member.value(letter);
  }
}

}  // namespace

std::string LetterJson(const Letter& letter) {
  LetterJsonValue json;
  for (const LetterMember& member : kLetterMembers) json[member.name] = member.value(letter);
  if (IsUtf8(letter.body)) {
    json["body"] = letter.body;
  } else {
    json["body_base64"] = absl::Base64Escape(letter.body);
  }
  return OneLineOf(json);
}

std::string HeadersJson(const Letter& letter) {
  return OneLineOf(HeadersOf(MessageProperties(letter.properties).properties()));
}

std::string LetterActionJson(const std::string& action, const Letter& letter) {
  LetterJsonValue json = {{"action", action}};
  AppendOutline(json, letter);
  return OneLineOf(json);
}

void AddTo(LetterSummary& summary, const Letter& letter) {
  ++summary.looked_at;
  if (letter.died_at != absl::InfinitePast()) summary.oldest = std::min(summary.oldest, letter.died_at);
  ++summary.reasons[letter.reason.empty() ? "it says none" : ReasonWithoutIds(letter.reason)];
}

std::string SummariesJson(const std::vector<LetterSummary>& summaries) {
  LetterJsonValue queues = LetterJsonValue::array();
  for (const LetterSummary& summary : summaries) {
    LetterJsonValue reasons = LetterJsonValue::array();
    for (const auto& [reason, count] : summary.reasons) reasons.push_back({{"reason", reason}, {"count", count}});
    queues.push_back({{"queue", summary.queue},
                      {"exists", summary.there},
                      {"queue_exists", summary.queue_there},
                      {"count", summary.count},
                      {"looked_at", summary.looked_at},
                      {"oldest", TimeOrNull(summary.oldest)},
                      {"reasons", std::move(reasons)}});
  }
  return OneLineOf({{"queues", std::move(queues)}});
}

std::string RedriveResultJson(const std::string& queue, const RedriveResult& result, bool dry_run) {
  return OneLineOf({{"queue", queue},
                    {"dry_run", dry_run},
                    {"there", result.there},
                    {"redriven", result.redriven},
                    {"left", result.left},
                    {"not_looked_at", result.not_looked_at},
                    {"stopped", result.stopped},
                    {"error", TextOrNull(std::string(result.status.message()))}});
}

std::string DropResultJson(const std::string& queue, std::size_t dropped, const std::string& file) {
  return OneLineOf({{"queue", queue}, {"dropped", dropped}, {"export", TextOrNull(file)}});
}

std::string AuditJson(const AuditEntry& entry, const Letter& letter) {
  LetterJsonValue json = {{"time", TimeOrNull(entry.at)},
                          {"user", entry.user},
                          {"host", entry.host},
                          {"command", entry.command},
                          {"queue", entry.queue}};
  AppendOutline(json, letter);
  const LetterFilter& filter = entry.filter;
  LetterJsonValue filters = LetterJsonValue::object();
  if (filter.order_id) filters["order"] = filter.order_id->ToString();
  if (!filter.event_type.empty()) filters["event_type"] = filter.event_type;
  if (!filter.reason.empty()) filters["reason"] = filter.reason;
  if (filter.limit != kNoLimit) filters["limit"] = filter.limit;
  json["filters"] = std::move(filters);
  if (!entry.outcome.empty()) json["not_done"] = entry.outcome;
  return OneLineOf(json);
}

}  // namespace logistics::messaging
