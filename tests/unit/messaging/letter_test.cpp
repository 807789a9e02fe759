#include "messaging/dead_letters/letter.hpp"

#include <gmock/gmock.h>

#include <utility>

#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/message_properties.hpp"
#include "messaging/dead_letters/dead_letter.hpp"
#include "messaging/dead_letters/letter_json.hpp"
#include "messaging/events/event_decoder.hpp"
#include "nlohmann/json.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {
namespace {

using Json = nlohmann::json;

Letter LetterWith(MessageProperties& properties, const std::string& body) {
  Delivery delivery;
  delivery.tag = 7;
  delivery.properties = properties.Encode();
  delivery.body = body;
  return LetterOf(std::move(delivery), 4);
}

TEST(LetterTest, OfOurConsumer_SaysAllThatItsHeadersAndItsEventSay) {
  const std::string sent = EncodeProperties("m-1", "its type", "call-1", "");
  MessageProperties properties(sent);
  properties.SetText("x-dead-reason", "the order is cancelled");
  properties.SetText("x-dead-at", "2026-11-22T10:00:01.500Z");
  properties.SetText("x-dead-consumer", "payments");
  properties.SetNumber("x-dead-attempts", 3);
  properties.SetText("x-original-exchange", "payment_events");
  properties.SetText("x-original-routing-key", "payment.failed");
  const Letter letter = LetterWith(properties, FailedEvent(1, 2).dump());
  EXPECT_EQ(letter.position, 4U);
  EXPECT_EQ(letter.tag, 7U);
  EXPECT_EQ(letter.message_id, "m-1");
  EXPECT_EQ(letter.event_type, "PaymentFailed") << "what its handler goes by";
  EXPECT_EQ(letter.order_id, PaidOrder(2));
  EXPECT_EQ(letter.timestamp, absl::FromUnixMillis(1'767'323'045'678));
  EXPECT_EQ(letter.reason, "the order is cancelled");
  EXPECT_EQ(letter.died_at, absl::FromUnixMillis(1'795'341'601'500));
  EXPECT_EQ(letter.consumer, "payments");
  EXPECT_EQ(letter.attempts, 3);
  EXPECT_EQ(letter.original_exchange, "payment_events");
  EXPECT_EQ(letter.original_routing_key, "payment.failed");

  const Json json = Json::parse(LetterJson(letter));
  EXPECT_EQ(json["message_id"], "m-1");
  EXPECT_EQ(json["order_id"], PaidOrder(2).ToString());
  EXPECT_EQ(json["headers"]["x-dead-attempts"], 3);
  EXPECT_EQ(json["properties"]["correlation_id"], "call-1");
  EXPECT_EQ(Json::parse(json["body"].get<std::string>()), FailedEvent(1, 2));
}

TEST(LetterTest, WithoutAnything_HasNothingAndBytesAreKeptAsBase64) {
  Delivery delivery;
  delivery.body = std::string("\xFF\x00{", 3);
  const Letter letter = LetterOf(std::move(delivery), 0);
  EXPECT_EQ(letter.message_id, "");
  EXPECT_EQ(letter.event_type, "");
  EXPECT_FALSE(letter.order_id.has_value());
  EXPECT_FALSE(letter.timestamp.has_value());
  const Json json = Json::parse(LetterJson(letter));
  EXPECT_EQ(json["body_base64"], "/wB7");
  EXPECT_FALSE(json.contains("body"));
  EXPECT_TRUE(json["died_at"].is_null());
}

TEST(LetterTest, PropertiesThatAreCutOff_AreNone) {
  Delivery delivery;
  delivery.properties = EncodeProperties("m-1", "t", "", "").substr(0, 6);
  EXPECT_EQ(LetterOf(std::move(delivery), 0).message_id, "");
}

TEST(LetterTest, EventThatIsRefused_StillSaysWhoseItIs) {
  Json event = ProcessedEvent(1, 2);
  event["data"]["amount"] = 5;
  event["version"] = "9";
  ASSERT_FALSE(DecodeEvent(event.dump()).ok());
  EXPECT_EQ(OutlineOf(event.dump()).order_id, PaidOrder(2));
  EXPECT_TRUE(OutlineOf(event.dump()).timestamp.has_value());
  event["timestamp"] = "yesterday";
  EXPECT_FALSE(OutlineOf(event.dump()).timestamp.has_value());
  EXPECT_EQ(OutlineOf(event.dump()).order_id, PaidOrder(2));
  event["data"]["order_id"] = "x";
  EXPECT_FALSE(OutlineOf(event.dump()).order_id.has_value());
  EXPECT_EQ(OutlineOf(event.dump()).event_type, "PaymentProcessed");
  for (const char* body : {"", "[]", "{", R"({"data":3})", R"({"data":1e999})", "\xFF"}) {
    EXPECT_FALSE(OutlineOf(body).order_id.has_value()) << body;
  }
  EXPECT_FALSE(OutlineOf(std::string(100'000, '[')).order_id.has_value());
}

TEST(LetterTest, Reasons_AreCountedWithoutTheIdsInThem) {
  const std::string id = EventId(1);
  EXPECT_EQ(ReasonWithoutIds("order " + id + " is unknown, " + id), "order <id> is unknown, <id>");
  EXPECT_EQ(ReasonWithoutIds("no id at all"), "no id at all");
  LetterSummary summary;
  Letter letter;
  for (std::uint64_t i = 0; i < 3; ++i) {
    letter.reason = "order " + EventId(i) + " is unknown";
    letter.died_at = absl::FromUnixSeconds(static_cast<std::int64_t>(10 - i));
    AddTo(summary, letter);
  }
  EXPECT_THAT(summary.reasons, testing::ElementsAre(testing::Pair("order <id> is unknown", 3)));
  EXPECT_EQ(summary.oldest, absl::FromUnixSeconds(8));
}

TEST(LetterTest, AuditLine_SaysWhoWhatAndWhy) {
  AuditEntry entry;
  entry.at = absl::UnixEpoch();
  entry.user = "ann";
  entry.host = "ops-1";
  entry.command = "redrive";
  entry.queue = "q";
  entry.filter.reason = "cancel";
  Letter letter;
  letter.message_id = "m-1";
  letter.reason = "cancelled\nnow";
  const std::string line = AuditJson(entry, letter);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Json json = Json::parse(line);
  EXPECT_EQ(json["user"], "ann");
  EXPECT_EQ(json["message_id"], "m-1");
  EXPECT_EQ(json["filters"], (Json{{"reason", "cancel"}}));
  EXPECT_FALSE(json.contains("not_done"));
  entry.outcome = "it is full";
  EXPECT_EQ(Json::parse(AuditJson(entry, letter))["not_done"], "it is full");
}

}  // namespace
}  // namespace logistics::messaging
