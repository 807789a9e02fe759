// The lines of exports, the audit and --json, byte for byte: scripts of others read them.
#include "messaging/dead_letters/letter_json.hpp"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/amqp.hpp"
#include "messaging/dead_letters/dead_letter.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {
namespace {

using testing::HasSubstr;

amqp_table_entry_t Header(const char* name, std::uint8_t kind) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(name);
  entry.value.kind = kind;
  return entry;
}

amqp_table_entry_t TextHeader(const char* name, std::string_view text) {
  amqp_table_entry_t entry = Header(name, AMQP_FIELD_KIND_UTF8);
  entry.value.value.bytes = AmqpBytes(text);
  return entry;
}

// Each property, and a header of each kind that clients send.
std::string EveryProperty() {
  std::array<amqp_table_entry_t, 2> inner = {TextHeader("in", "side"), TextHeader("no text", "\xFF\x01")};
  std::array<amqp_field_value_t, 2> list = {TextHeader("", "first").value, TextHeader("", "second").value};
  std::array<amqp_table_entry_t, 9> headers = {
      TextHeader("theirs", "k\xC3\xA4se"),      Header("yes", AMQP_FIELD_KIND_BOOLEAN),
      Header("count", AMQP_FIELD_KIND_I64),     Header("share", AMQP_FIELD_KIND_F64),
      Header("price", AMQP_FIELD_KIND_DECIMAL), Header("at", AMQP_FIELD_KIND_TIMESTAMP),
      Header("table", AMQP_FIELD_KIND_TABLE),   Header("list", AMQP_FIELD_KIND_ARRAY),
      Header("nothing", AMQP_FIELD_KIND_VOID)};
  headers[1].value.value.boolean = 1;
  headers[2].value.value.i64 = -7;
  headers[3].value.value.f64 = 0.5;
  headers[4].value.value.decimal = {2, 1999};
  headers[5].value.value.u64 = 1'700'000'000;
  headers[6].value.value.table = {static_cast<int>(inner.size()), inner.data()};
  headers[7].value.value.array = {static_cast<int>(list.size()), list.data()};

  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_HEADERS_FLAG |
                      AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_PRIORITY_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG |
                      AMQP_BASIC_REPLY_TO_FLAG | AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                      AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_USER_ID_FLAG |
                      AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_CLUSTER_ID_FLAG;
  properties.content_type = AmqpBytes("application/json");
  properties.content_encoding = AmqpBytes("gzip");
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  properties.delivery_mode = 2;
  properties.priority = 5;
  properties.correlation_id = AmqpBytes("call-1");
  properties.reply_to = AmqpBytes("answers");
  properties.expiration = AmqpBytes("60000");
  properties.message_id = AmqpBytes("m-1");
  properties.timestamp = 1'700'000'001;
  properties.type = AmqpBytes("PaymentFailed");
  properties.user_id = AmqpBytes("guest");
  properties.app_id = AmqpBytes("billing");
  properties.cluster_id = AmqpBytes("mesh");
  std::string encoded(4'096, '\0');
  const int size = amqp_encode_properties(AMQP_BASIC_CLASS, &properties, AmqpBytes(encoded));
  EXPECT_GT(size, 0);
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

Letter FullLetter() {
  Letter letter;
  letter.position = 4;
  letter.message_id = "m-1";
  letter.event_type = "PaymentFailed";
  letter.timestamp = absl::FromUnixMillis(1'767'323'045'678);
  letter.order_id = PaidOrder(2);
  letter.reason = "cancelled\nnow";
  letter.consumer = "payments";
  letter.attempts = 3;
  letter.died_at = absl::FromUnixMillis(1'795'341'601'500);
  letter.original_exchange = "payment_events";
  letter.original_routing_key = "payment.failed";
  letter.properties = EveryProperty();
  letter.body = "{\"a\":1}";
  return letter;
}

constexpr char kOutline[] =
    R"("message_id":"m-1","order_id":"03000000-0000-0000-0000-000000000002","event_type":"PaymentFailed",)"
    R"("timestamp":"2026-01-02T03:04:05.678Z","reason":"cancelled\nnow","died_at":"2026-11-22T10:00:01.5Z")";
constexpr char kHeaders[] =
    R"({"theirs":"käse","yes":true,"count":-7,"share":0.5,"price":"1999e-2","at":"2023-11-14T22:13:20Z",)"
    R"("table":{"in":"side","no text":{"base64":"/wE="}},"list":["first","second"],"nothing":null})";

TEST(LetterJsonTest, Letter_HasEachMemberInItsPlace) {
  EXPECT_EQ(
      LetterJson(FullLetter()),
      absl::StrCat(R"({"position":4,)", kOutline, R"(,"consumer":"payments","attempts":3,)",
                   R"("original_exchange":"payment_events","original_routing_key":"payment.failed","properties":{)",
                   R"("content_type":"application/json","content_encoding":"gzip","delivery_mode":2,"priority":5,)",
                   R"("correlation_id":"call-1","reply_to":"answers","expiration":"60000","message_id":"m-1",)",
                   R"("timestamp":1700000001,"type":"PaymentFailed","user_id":"guest","app_id":"billing",)",
                   R"("cluster_id":"mesh"},"headers":)", kHeaders, R"(,"body":"{\"a\":1}"})"));
  EXPECT_EQ(HeadersJson(FullLetter()), kHeaders);
}

TEST(LetterJsonTest, LetterThatSaysNothing_HasNullsAndItsBytes) {
  Letter letter;
  letter.body = std::string("\xFF\x00{", 3);
  EXPECT_EQ(LetterJson(letter),
            R"({"position":0,"message_id":null,"order_id":null,"event_type":null,"timestamp":null,"reason":null,)"
            R"("died_at":null,"consumer":null,"attempts":0,"original_exchange":null,"original_routing_key":null,)"
            R"("properties":{},"headers":{},"body_base64":"/wB7"})");
}

TEST(LetterJsonTest, PropertiesOfAParkedMessage_AreThoseThatTheInboxKept) {
  Letter letter;
  letter.properties = EncodeProperties("m-1", "PaymentFailed", "call-1", "00-aa-bb-01");
  EXPECT_THAT(LetterJson(letter),
              HasSubstr(R"("properties":{"content_type":"application/json","correlation_id":"call-1",)"
                        R"("message_id":"m-1","type":"PaymentFailed"},"headers":{"traceparent":"00-aa-bb-01"})"));
  letter.properties = EncodeProperties("m-1", std::string(300, 't'), "", std::string(300, '0'));
  EXPECT_THAT(LetterJson(letter),
              HasSubstr(absl::StrCat(R"("message_id":"m-1","type":")", std::string(255, 't'), R"("},"headers":{})")));
}

TEST(LetterJsonTest, ActionAndAudit_NameTheLetterAlike) {
  EXPECT_EQ(LetterActionJson("redriven", FullLetter()), absl::StrCat(R"({"action":"redriven",)", kOutline, "}"));
  AuditEntry entry;
  entry.at = absl::UnixEpoch();
  entry.user = "ann";
  entry.host = "ops-1";
  entry.command = "redrive";
  entry.queue = "q";
  const std::string begin = absl::StrCat(
      R"({"time":"1970-01-01T00:00:00Z","user":"ann","host":"ops-1","command":"redrive","queue":"q",)", kOutline);
  EXPECT_EQ(AuditJson(entry, FullLetter()), begin + R"(,"filters":{}})");
  entry.filter = {PaidOrder(2), "PaymentFailed", "cancel", 7};
  entry.outcome = "it is full";
  EXPECT_EQ(AuditJson(entry, FullLetter()),
            begin + R"(,"filters":{"order":"03000000-0000-0000-0000-000000000002","event_type":"PaymentFailed",)"
                    R"("reason":"cancel","limit":7},"not_done":"it is full"})");
}

TEST(LetterJsonTest, Results) {
  LetterSummary summary;
  summary.queue = "q";
  summary.count = 2;
  AddTo(summary, FullLetter());
  AddTo(summary, Letter());
  EXPECT_EQ(SummariesJson({summary}),
            R"({"queues":[{"queue":"q","exists":true,"queue_exists":true,"count":2,"looked_at":2,)"
            R"("oldest":"2026-11-22T10:00:01.5Z","reasons":[{"reason":"cancelled\nnow","count":1},)"
            R"({"reason":"it says none","count":1}]}]})");
  RedriveResult result;
  result.there = 3;
  result.redriven = 1;
  result.status = absl::UnavailableError("gone");
  EXPECT_EQ(RedriveResultJson("q", result, true),
            R"({"queue":"q","dry_run":true,"there":3,"redriven":1,"left":0,"not_looked_at":0,"stopped":false,)"
            R"("error":"gone"})");
  EXPECT_EQ(DropResultJson("q", 2, ""), R"({"queue":"q","dropped":2,"export":null})");
}

}  // namespace
}  // namespace logistics::messaging
