#include "messaging/amqp/frame_input.hpp"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

#include "messaging/amqp/dead_letter_headers.hpp"

namespace logistics::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RecordingListener final : public ConnectionListener {
 public:
  void OnAck(std::uint64_t tag, bool multiple) override { calls.push_back(Text("ack", tag, multiple)); }
  void OnNack(std::uint64_t tag, bool multiple) override { calls.push_back(Text("nack", tag, multiple)); }
  void OnReturned(std::string_view message_id, std::string_view reason) override {
    calls.push_back("returned " + std::string(message_id) + ": " + std::string(reason));
  }
  void OnChannelClosed(const absl::Status&) override { calls.push_back("channel closed"); }
  void OnBlocked(std::string_view reason) override { calls.push_back("blocked: " + std::string(reason)); }
  void OnUnblocked() override { calls.push_back("unblocked"); }
  void OnDelivery(Delivery&& delivery) override { deliveries.push_back(std::move(delivery)); }
  void OnConsumerEnded(const absl::Status&) override { calls.push_back("consumer ended"); }

  std::vector<std::string> calls;
  std::vector<Delivery> deliveries;

 private:
  static std::string Text(const char* what, std::uint64_t tag, bool multiple) {
    return what + (" " + std::to_string(tag)) + (multiple ? " and all before" : "");
  }
};

class FrameInputTest : public testing::Test {
 protected:
  template <typename Method>
  void TakeMethod(amqp_channel_t channel, amqp_method_number_t id, Method method) {
    amqp_frame_t frame{};
    frame.frame_type = AMQP_FRAME_METHOD;
    frame.channel = channel;
    frame.payload.method.id = id;
    frame.payload.method.decoded = &method;
    input_.OnFrame(frame, listener_);
  }
  void TakeHeader(amqp_channel_t channel, std::uint64_t body_bytes, amqp_basic_properties_t properties) {
    amqp_frame_t frame{};
    frame.frame_type = AMQP_FRAME_HEADER;
    frame.channel = channel;
    frame.payload.properties.body_size = body_bytes;
    frame.payload.properties.decoded = &properties;
    frame.payload.properties.raw = AmqpBytes("encoded");
    input_.OnFrame(frame, listener_);
  }
  void TakeBody(amqp_channel_t channel, std::string_view fragment) {
    amqp_frame_t frame{};
    frame.frame_type = AMQP_FRAME_BODY;
    frame.channel = channel;
    frame.payload.body_fragment = AmqpBytes(fragment);
    input_.OnFrame(frame, listener_);
  }
  void TakeDeliver(std::string_view exchange, std::string_view routing_key) {
    amqp_basic_deliver_t deliver{};
    deliver.delivery_tag = 7;
    deliver.exchange = AmqpBytes(exchange);
    deliver.routing_key = AmqpBytes(routing_key);
    TakeMethod(kConsumeChannel, AMQP_BASIC_DELIVER_METHOD, deliver);
  }

  FrameInput input_;
  RecordingListener listener_;
};

TEST_F(FrameInputTest, Answers_AreCallsInTheirOrder) {
  TakeMethod(kPublishChannel, AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{3, 1});
  TakeMethod(kPublishChannel, AMQP_BASIC_NACK_METHOD, amqp_basic_nack_t{4, 0, 0});
  TakeMethod(0, AMQP_CONNECTION_BLOCKED_METHOD, amqp_connection_blocked_t{AmqpBytes("low on memory")});
  TakeMethod(0, AMQP_CONNECTION_UNBLOCKED_METHOD, amqp_connection_unblocked_t{});
  EXPECT_THAT(listener_.calls, ElementsAre("ack 3 and all before", "nack 4", "blocked: low on memory", "unblocked"));
}

TEST_F(FrameInputTest, Delivery_InPieces_ComesWhenItIsComplete) {
  std::array headers = {TextEntry("traceparent", "00-trace-01"), TextEntry(kOriginalExchangeHeader, "elsewhere"),
                        NumberEntry("count", 1)};
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_HEADERS_FLAG;
  properties.correlation_id = AmqpBytes("call-1");
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  TakeDeliver("payment_events", "payment.failed");
  TakeHeader(kConsumeChannel, 8, properties);
  TakeBody(kConsumeChannel, "four");
  EXPECT_THAT(listener_.deliveries, IsEmpty());
  TakeBody(kConsumeChannel, "more");
  ASSERT_EQ(listener_.deliveries.size(), 1U);
  const Delivery& delivery = listener_.deliveries[0];
  EXPECT_EQ(delivery.tag, 7U);
  EXPECT_EQ(delivery.exchange, "payment_events") << "the header counts for redriven messages only";
  EXPECT_EQ(delivery.routing_key, "payment.failed");
  EXPECT_EQ(delivery.correlation_id, "call-1");
  EXPECT_EQ(delivery.traceparent, "00-trace-01");
  EXPECT_EQ(delivery.properties, "encoded");
  EXPECT_EQ(delivery.body, "fourmore");
}

TEST_F(FrameInputTest, LongBody_IsSkippedWhileItArrives) {
  input_.LimitBodies(8);
  TakeDeliver("payment_events", "payment.failed");
  TakeHeader(kConsumeChannel, 9, {});
  TakeBody(kConsumeChannel, "four");
  TakeBody(kConsumeChannel, "fives");
  TakeDeliver("payment_events", "payment.failed");
  TakeHeader(kConsumeChannel, 8, {});
  TakeBody(kConsumeChannel, "fourmore");
  ASSERT_EQ(listener_.deliveries.size(), 2U);
  EXPECT_EQ(listener_.deliveries[0].tag, 7U);
  EXPECT_EQ(listener_.deliveries[0].routing_key, "payment.failed");
  EXPECT_EQ(listener_.deliveries[0].skipped_bytes, 9U);
  EXPECT_EQ(listener_.deliveries[0].body, "");
  EXPECT_EQ(listener_.deliveries[1].skipped_bytes, 0U);
  EXPECT_EQ(listener_.deliveries[1].body, "fourmore");
}

TEST_F(FrameInputTest, RedrivenDelivery_SaysWhereItWasPublishedFirst) {
  std::array headers = {TextEntry(kOriginalExchangeHeader, "payment_events"),
                        TextEntry(kOriginalRoutingKeyHeader, "payment.failed")};
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  TakeDeliver("", "logistics_payments");
  TakeHeader(kConsumeChannel, 0, properties);
  ASSERT_EQ(listener_.deliveries.size(), 1U) << "an empty body has no frame";
  EXPECT_EQ(listener_.deliveries[0].exchange, "payment_events");
  EXPECT_EQ(listener_.deliveries[0].routing_key, "payment.failed");
}

TEST_F(FrameInputTest, Return_InPieces_ComesWithItsMessageIdBeforeTheAck) {
  amqp_basic_return_t returned{};
  returned.reply_code = 312;
  returned.reply_text = AmqpBytes("NO_ROUTE");
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG;
  properties.message_id = AmqpBytes("id-1");
  TakeMethod(kPublishChannel, AMQP_BASIC_RETURN_METHOD, returned);
  TakeHeader(kPublishChannel, 4, properties);
  TakeBody(kPublishChannel, "body");
  TakeMethod(kPublishChannel, AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{1, 0});
  EXPECT_THAT(listener_.calls, ElementsAre("returned id-1: 312 NO_ROUTE", "ack 1"));
}

TEST_F(FrameInputTest, Reset_DropsAnIncompleteMessageOfThatChannelOnly) {
  TakeDeliver("payment_events", "payment.failed");
  TakeHeader(kConsumeChannel, 4, {});
  input_.Reset(kPublishChannel);
  TakeBody(kConsumeChannel, "body");
  EXPECT_EQ(listener_.deliveries.size(), 1U);
  TakeDeliver("payment_events", "payment.failed");
  TakeHeader(kConsumeChannel, 4, {});
  input_.Reset(kConsumeChannel);
  TakeBody(kConsumeChannel, "body");
  EXPECT_EQ(listener_.deliveries.size(), 1U) << "the rest of a message without its beginning means nothing";
}

}  // namespace
}  // namespace logistics::messaging
