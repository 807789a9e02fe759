#include "messaging/events/event_decoder.hpp"

#include <gmock/gmock.h>

#include <string>
#include <variant>

#include "logistics/domain/limits.hpp"
#include "unit/messaging/payment_message.hpp"

namespace logistics::messaging {
namespace {

using domain::PaymentNotice;
using domain::PaymentOutcome;
using testing::HasSubstr;
using DecodedJson = nlohmann::json;

std::string WhyNot(const std::string& body) {
  const absl::StatusOr<InboundEvent> event = DecodeEvent(body);
  if (event.ok()) return "decoded";
  EXPECT_TRUE(absl::IsInvalidArgument(event.status()));
  return std::string(event.status().message());
}
std::string WhyNot(const DecodedJson& event) { return WhyNot(event.dump()); }

// The refusal of a valid event of which data.`field` is `value`.
std::string WhyNotWith(const std::string& field, const DecodedJson& value) {
  DecodedJson event = ProcessedEvent(1, 2);
  event["data"][field] = value;
  return WhyNot(event);
}

TEST(EventDecoderTest, Processed_IsReadInFull) {
  const absl::StatusOr<InboundEvent> event = DecodeEvent(ProcessedEvent(1, 2).dump());
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->id.ToString(), EventId(1));
  EXPECT_EQ(event->event_type, "PaymentProcessed");
  EXPECT_EQ(event->timestamp, absl::FromUnixMillis(1'767'323'045'678));
  const auto& notice = std::get<PaymentNotice>(event->data);
  EXPECT_EQ(notice.outcome, PaymentOutcome::kProcessed);
  EXPECT_EQ(notice.payment_id, UuidOf(1, 6));
  EXPECT_EQ(notice.order_id, PaidOrder(2));
  EXPECT_EQ(notice.amount, "19.99");
  EXPECT_EQ(notice.currency, "USD");
  EXPECT_EQ(notice.payment_method, "card");
  EXPECT_EQ(notice.transaction_id, "tx-1");
}

TEST(EventDecoderTest, Failed_PaymentIdMayBeNullOrAbsentOrThere) {
  DecodedJson event = FailedEvent(1, 2);
  const absl::StatusOr<InboundEvent> with_null = DecodeEvent(event.dump());
  ASSERT_TRUE(with_null.ok()) << with_null.status();
  const auto& notice = std::get<PaymentNotice>(with_null->data);
  EXPECT_EQ(notice.outcome, PaymentOutcome::kFailed);
  EXPECT_FALSE(notice.payment_id.has_value());
  EXPECT_EQ(notice.error_code, "card_declined");
  EXPECT_EQ(notice.error_message, "the card was declined");
  event["data"].erase("payment_id");
  EXPECT_EQ(WhyNot(event), "decoded");
  event["data"]["payment_id"] = UuidOf(9, 9).ToString();
  EXPECT_EQ(std::get<PaymentNotice>(DecodeEvent(event.dump())->data).payment_id, UuidOf(9, 9));
  event["data"]["payment_id"] = "";
  EXPECT_THAT(WhyNot(event), HasSubstr("data.payment_id"));
}

TEST(EventDecoderTest, ExtraFields_AreAllowed) {
  DecodedJson event = ProcessedEvent(1, 2);
  event["trace"] = {{"deep", {1, 2, 3}}};
  event["data"]["fee"] = 0.30;
  EXPECT_EQ(WhyNot(event), "decoded");
}

TEST(EventDecoderTest, UnknownType_IsNotLookedInto) {
  DecodedJson event = ProcessedEvent(1, 2);
  event["event_type"] = "PaymentRefunded";
  event["data"] = 7;
  const absl::StatusOr<InboundEvent> decoded = DecodeEvent(event.dump());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(std::holds_alternative<std::monostate>(decoded->data));
  EXPECT_EQ(decoded->event_type, "PaymentRefunded");
}

TEST(EventDecoderTest, MissingField_IsNamed) {
  for (const char* field : {"id", "event_type", "timestamp", "version", "data"}) {
    DecodedJson event = ProcessedEvent(1, 2);
    event.erase(field);
    EXPECT_EQ(WhyNot(event), std::string(field) + " is missing");
  }
  for (const char* field : {"payment_id", "order_id", "amount", "currency", "payment_method", "transaction_id"}) {
    DecodedJson event = ProcessedEvent(1, 2);
    event["data"].erase(field);
    EXPECT_EQ(WhyNot(event), std::string("data.") + field + " is missing");
  }
  for (const char* field : {"order_id", "amount", "currency", "payment_method", "error_code", "error_message"}) {
    DecodedJson event = FailedEvent(1, 2);
    event["data"].erase(field);
    EXPECT_EQ(WhyNot(event), std::string("data.") + field + " is missing");
  }
}

TEST(EventDecoderTest, WrongEnvelope_IsSaidWithTheValue) {
  DecodedJson event = ProcessedEvent(1, 2);
  event["version"] = "2.0";
  EXPECT_EQ(WhyNot(event), "version is \"2.0\"; wanted is \"1.0\"");
  event["version"] = 1.0;
  EXPECT_EQ(WhyNot(event), "version is 1.0; wanted is \"1.0\"");
  event = ProcessedEvent(1, 2);
  for (const char* time : {"yesterday", "2026-01-02T03:04:05", "2026-01-02T03:04:05+02:00", "infinite-future", "",
                           " 2026-01-02T03:04:05Z", "2026-13-02T03:04:05Z"}) {
    event["timestamp"] = time;
    EXPECT_THAT(WhyNot(event), HasSubstr("timestamp is")) << time;
  }
  event = ProcessedEvent(1, 2);
  event["id"] = "0000000000000000000000000000000001";
  EXPECT_THAT(WhyNot(event), HasSubstr("id is \"0000000000000000000000000000000001\"; wanted is a hyphenated UUID"));
  event = ProcessedEvent(1, 2);
  event["data"] = DecodedJson::array({1});
  EXPECT_EQ(WhyNot(event), "data is [1]; wanted is an object");
  EXPECT_EQ(WhyNot(DecodedJson(5)), "the envelope is 5; wanted is an object");
}

TEST(EventDecoderTest, WrongTypes_AreSaidWithTheValue) {
  EXPECT_THAT(WhyNotWith("amount", 19.99), HasSubstr("data.amount is 19.99; wanted is a decimal string"));
  for (const char* amount : {"", ".5", "5.", "1e3", "19,99", "1.2.3", "-", "+5", " 5", "0x10", "NaN"}) {
    EXPECT_THAT(WhyNotWith("amount", amount), HasSubstr("data.amount")) << amount;
  }
  EXPECT_EQ(WhyNotWith("amount", "-0.50"), "decoded") << "what it is worth is not the decoder's to say";
  EXPECT_THAT(WhyNotWith("amount", std::string(33, '1')), HasSubstr("data.amount"));
  EXPECT_THAT(WhyNotWith("payment_id", nullptr), HasSubstr("data.payment_id is null"));
  EXPECT_THAT(WhyNotWith("order_id", 17), HasSubstr("data.order_id is 17"));
  EXPECT_THAT(WhyNotWith("currency", true), HasSubstr("data.currency is true"));
  EXPECT_THAT(WhyNotWith("transaction_id", std::string("a\0b", 3)), HasSubstr("without NUL"));
  EXPECT_THAT(WhyNotWith("payment_method", std::string(domain::kShortTextBytesMax + 1, 'x')),
              HasSubstr("data.payment_method"));
}

TEST(EventDecoderTest, LongErrorText_IsCutBetweenCharacters) {
  DecodedJson event = FailedEvent(1, 2);
  std::string text = "x";
  while (text.size() < 2 * domain::kLongTextBytesMax) text += "\xC3\xA9";
  event["data"]["error_message"] = text;
  const absl::StatusOr<InboundEvent> decoded = DecodeEvent(event.dump());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(std::get<PaymentNotice>(decoded->data).error_message, text.substr(0, domain::kLongTextBytesMax - 1));
}

TEST(EventDecoderTest, RefusedValue_IsShownCutAndInAscii) {
  const std::string why = WhyNotWith("order_id", std::string(5'000, 'x') + "\xC3\xA9");
  EXPECT_LT(why.size(), 200U);
  EXPECT_THAT(WhyNotWith("order_id", "\xC3\xA9"), HasSubstr("\"\\u00e9\""));
}

TEST(EventDecoderTest, NotJson_SaysWhere) {
  EXPECT_EQ(WhyNot(std::string("{\"id\": nope}")), "the body is not JSON, see its byte 9");
  EXPECT_THAT(WhyNot(std::string()), HasSubstr("not JSON"));
  EXPECT_THAT(WhyNot(std::string("{\"id\":\"\xFF\"}")), HasSubstr("not JSON"));
  EXPECT_THAT(WhyNot(std::string("{\"id\": 1e9999}")), HasSubstr("not JSON"));
}

TEST(EventDecoderTest, HugeOrDeepBodies_AreRefusedUnread) {
  EXPECT_THAT(WhyNot(std::string(kInboundBodyBytesMax + 1, '[')), HasSubstr("the body has 262145 bytes"));
  EXPECT_THAT(WhyNot(std::string(100'000, '[')), HasSubstr("nested 100000 deep"));
  DecodedJson event = ProcessedEvent(1, 2);
  event["data"]["transaction_id"] = std::string(200, '[') + "\\\"";
  EXPECT_EQ(WhyNot(event), "decoded") << "brackets in text nest nothing";
}

TEST(EventDecoderTest, EveryPrefixOfAValidBody_IsRefused) {
  const std::string body = FailedEvent(1, 2).dump();
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_THAT(WhyNot(body.substr(0, size)), HasSubstr("not JSON")) << size;
  }
}

}  // namespace
}  // namespace logistics::messaging
