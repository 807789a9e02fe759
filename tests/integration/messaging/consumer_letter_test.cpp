// Dead letters that the broker does not take as they are.
#include <optional>
#include <string>

#include "fakes/eventually.hpp"
#include "integration/messaging/consumer_fixture.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::messaging {
namespace {

using fakes::Eventually;
using support::ReceivedMessage;
using support::TestConsumer;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kDlx[] = "payment_events.dlx";

class ConsumerLetterTest : public ConsumerFixture {};

// The message is acked after its letter: one that nobody got would be lost.
TEST_F(ConsumerLetterTest, LetterThatNoQueueTakes_IsNotPublished) {
  StartConsumer();
  broker_.Unbind(kDlq, kDlx, kQueue);
  PublishBody(1, "no json");
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value()) << "the queue is bound again, and the letter sent again";
  EXPECT_EQ(letter->body, "no json");
  EXPECT_TRUE(Eventually([&] { return DeadLettered("undecodable") == 1; }));
  EXPECT_TRUE(WaitUntilUp());
  StopConsumer();
  EXPECT_TRUE(QueueIsEmpty());
}

// As long as the queue cannot be bound the message stays where it is.
TEST_F(ConsumerLetterTest, LetterThatNoQueueMayTake_KeepsItsMessageUnacked) {
  StartConsumer();
  StopConsumer();
  options_.urls = {broker_.UrlOfLimitedUser("^$", "^payment_events.*", ".*")};
  StartConsumer();
  broker_.Unbind(kDlq, kDlx, kQueue);
  PublishBody(1, "no json");
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments", [](const auto& entry) { return entry.reason.find("no queue took") != std::string::npos; },
      kConsumerWait));
  EXPECT_EQ(DeadLettered("undecodable"), 0);
  consumer_.reset();
  const std::optional<ReceivedMessage> message = TestConsumer(broker_.url(), kQueue).Next();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->body, "no json");
}

TEST_F(ConsumerLetterTest, ParkedMessagesLetterThatNoQueueTakes_IsAnError) {
  StartConsumer();
  broker_.Unbind(kDlq, kDlx, kQueue);
  DeadLetter letter;
  letter.exchange = kDlx;
  letter.queue = kQueue;
  letter.consumer = "payments";
  letter.body = "parked";
  const absl::Status sent = consumer_->Send(letter).get();
  EXPECT_TRUE(absl::IsUnavailable(sent)) << sent;
  EXPECT_THAT(std::string(sent.message()), HasSubstr("no queue took it"));
  EXPECT_TRUE(Eventually([&] { return consumer_->Send(letter).get().ok(); }));
  const std::optional<ReceivedMessage> arrived = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(arrived.has_value());
  EXPECT_EQ(arrived->body, "parked");
}

// An alarm blocks whoever publishes: letters wait, and messages are handled all the same.
TEST_F(ConsumerLetterTest, BlockedByTheBroker_LettersWaitAndNothingElse) {
  support::TcpProxy proxy(broker_.host(), broker_.port());
  options_.urls = {broker_.UrlThrough(proxy.port())};
  StartConsumer();
  const std::string reason = "low on disk";
  std::string blocked("\x01\x00\x00\x00\x00\x00\x10\x00\x0a\x00\x3c", 11);
  proxy.InjectToClients(blocked + static_cast<char>(reason.size()) + reason + '\xce');
  ASSERT_TRUE(health_.WaitFor(
      "consumer payments", [&](const auto& entry) { return entry.reason.find(reason) != std::string::npos; },
      kConsumerWait));
  PublishBody(1, "no json");
  Pay(2, 2);
  ASSERT_TRUE(payments_.WaitForEffects(1));
  DeadLetter parked;
  parked.exchange = kDlx;
  parked.queue = kQueue;
  const absl::Status refused = consumer_->Send(parked).get();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(reason));
  EXPECT_EQ(DeadLettered("undecodable"), 0);
  proxy.InjectToClients(std::string("\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x3d\xce", 12));
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->body, "no json");
  EXPECT_TRUE(WaitUntilUp());
}

TEST_F(ConsumerLetterTest, HeadersTooLargeForALetter_AreNamedInIt) {
  StartConsumer();
  const std::string large(51'000, 'x');
  ASSERT_TRUE(broker_.Publish("payment_events", "payment.failed", "no json",
                              {{"message_id", "their-id"}, {"headers", {{"one", large}, {"two", large}}}}));
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->message_id, "their-id");
  EXPECT_EQ(letter->headers.count("one"), 0U);
  EXPECT_THAT(letter->headers.at("x-lost-headers"),
              AllOf(StartsWith("2 headers were left out, because all properties have 102"),
                    HasSubstr(" bytes together: "), HasSubstr("one"), HasSubstr("two")));
}

TEST_F(ConsumerLetterTest, HeadersThatFit_AreKeptAndNoneIsNamed) {
  StartConsumer();
  const std::string large(40'000, 'x');
  ASSERT_TRUE(broker_.Publish("payment_events", "payment.failed", "no json",
                              {{"message_id", "their-id"}, {"headers", {{"one", large}, {"two", large}}}}));
  const std::optional<ReceivedMessage> letter = TestConsumer(broker_.url(), kDlq).Next();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->headers.at("two"), large);
  EXPECT_EQ(letter->headers.count("x-lost-headers"), 0U);
}

}  // namespace
}  // namespace logistics::messaging
