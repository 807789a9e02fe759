#include "messaging/relay/quarantined_keys.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

using testing::ElementsAre;

const OrderingId kSeven = OrderingIdOf(MessageAt(1, 7));

const Route kCreated = {domain::EventStream::kOrder, "order.created"};

ports::OutboxMessage CancelledAt(std::int64_t number, std::uint64_t key) {
  ports::OutboxMessage message = MessageAt(number, key);
  message.routing_key = "order.cancelled";
  return message;
}

class QuarantinedKeysTest : public testing::Test {
 protected:
  // A pass over these messages; the answers, each resolved before the next.
  std::vector<Retry> Pass(const std::vector<ports::OutboxMessage>& messages) {
    keys_.BeginPass(now_);
    for (const ports::OutboxMessage& message : messages) keys_.Read(message);
    keys_.LastPageRead();
    std::vector<Retry> answers;
    for (const ports::OutboxMessage& message : messages) answers.push_back(Try(message));
    return answers;
  }
  Retry Try(const ports::OutboxMessage& message) {
    keys_.BeginWave();
    return keys_.MayTry(message, now_);
  }

  QuarantinedKeys keys_;
  QuarantinedKeys::Time now_{};
};

TEST_F(QuarantinedKeysTest, FirstPass_FindsTheKeys) {
  EXPECT_FALSE(keys_.keys_known());
  keys_.BeginPass(now_);
  keys_.Read(MessageAt(1, 7));
  keys_.Read(MessageAt(2, 7));
  EXPECT_FALSE(keys_.keys_known()) << "more pages may follow";
  keys_.LastPageRead();
  EXPECT_TRUE(keys_.keys_known());
  EXPECT_TRUE(keys_.Contains(kSeven));
  keys_.Deleted(kSeven);
  EXPECT_TRUE(keys_.Contains(kSeven)) << "one is left";
  keys_.Deleted(kSeven);
  EXPECT_TRUE(keys_.empty());
}

TEST_F(QuarantinedKeysTest, FirstPass_NeverWaitsForATryAndAsksForAnotherPass) {
  keys_.BeginPass(now_);
  EXPECT_EQ(keys_.MayTry(MessageAt(1, 7), now_), Retry::kTry);
  EXPECT_EQ(keys_.MayTry(MessageAt(2, 8), now_), Retry::kSkip);
  keys_.LastPageRead();
  EXPECT_TRUE(keys_.pass_wanted());
}

TEST_F(QuarantinedKeysTest, BehindARefusedMessageOfItsKey_IsNotTried) {
  Pass({});
  EXPECT_EQ(Try(MessageAt(1, 7)), Retry::kTry);
  keys_.Refused(kSeven);
  EXPECT_EQ(Try(MessageAt(2, 7)), Retry::kSkip);
  EXPECT_EQ(Try(MessageAt(3, 8)), Retry::kTry);
  EXPECT_THAT(Pass({MessageAt(1, 7)}), ElementsAre(Retry::kTry)) << "the next pass tries it again";
}

TEST_F(QuarantinedKeysTest, OnAnUnroutableRoute_BlocksItsKeyToo) {
  Pass({});
  keys_.Unroutable(OrderingIdOf(MessageAt(9, 9)), kCreated);
  EXPECT_EQ(Try(MessageAt(1, 7)), Retry::kSkip);
  EXPECT_EQ(Try(CancelledAt(2, 7)), Retry::kSkip) << "its order would be lost";
  EXPECT_EQ(Try(CancelledAt(3, 8)), Retry::kTry);
}

TEST_F(QuarantinedKeysTest, NackedRoute_PausesAndItsKeysWithIt) {
  Pass({MessageAt(1, 7)});
  keys_.Nacked(kSeven, kCreated, /*tried=*/true, now_);
  EXPECT_THAT(keys_.NackedRoutes(), ElementsAre(kCreated));
  EXPECT_THAT(Pass({MessageAt(1, 7), CancelledAt(2, 7), MessageAt(3, 8), CancelledAt(4, 9)}),
              ElementsAre(Retry::kSkip, Retry::kSkip, Retry::kSkip, Retry::kTry));
  now_ = keys_.NextRetry();
  EXPECT_THAT(Pass({MessageAt(1, 7)}), ElementsAre(Retry::kTry));
}

TEST_F(QuarantinedKeysTest, StuckRoute_DivertsNewMessagesUntilATryIsConfirmed) {
  Pass({});
  EXPECT_FALSE(keys_.Diverts(MessageAt(1, 7)));
  keys_.Nacked(kSeven, kCreated, /*tried=*/false, now_);
  EXPECT_FALSE(keys_.Diverts(MessageAt(2, 8))) << "other queues of the route take it";
  keys_.Stuck(kCreated);
  EXPECT_TRUE(keys_.Diverts(MessageAt(2, 8)));
  EXPECT_FALSE(keys_.Diverts(CancelledAt(3, 9)));
  keys_.Quarantined(OrderingIdOf(MessageAt(2, 8)));
  EXPECT_FALSE(keys_.pass_wanted()) << "the pause of the route counts";
  now_ = keys_.NextRetry();
  EXPECT_THAT(Pass({MessageAt(2, 8)}), ElementsAre(Retry::kTry));
  keys_.Confirmed(kCreated);
  EXPECT_FALSE(keys_.Diverts(MessageAt(4, 10)));
}

TEST_F(QuarantinedKeysTest, Quarantined_BehindAKeyThatPassed_AsksForAnotherPass) {
  Pass({MessageAt(1, 7)});
  EXPECT_FALSE(keys_.pass_wanted());
  keys_.Quarantined(kSeven);
  EXPECT_TRUE(keys_.pass_wanted());
}

TEST_F(QuarantinedKeysTest, Quarantined_OfARefusedKey_WaitsForTheNextPass) {
  Pass({});
  keys_.Refused(kSeven);
  keys_.Quarantined(kSeven);
  EXPECT_FALSE(keys_.pass_wanted());
  EXPECT_TRUE(keys_.Contains(kSeven));
}

TEST_F(QuarantinedKeysTest, Nacked_NewMessage_WaitsForTheEndOfThePause) {
  Pass({});
  keys_.Nacked(kSeven, kCreated, /*tried=*/false, now_);
  keys_.Quarantined(kSeven);
  EXPECT_FALSE(keys_.pass_wanted());
  EXPECT_GT(keys_.NextRetry(), now_);
  EXPECT_LE(keys_.NextRetry(), now_ + std::chrono::seconds(1));
}

}  // namespace
}  // namespace logistics::messaging
