#include "messaging/relay/quarantined_keys.hpp"

#include <gtest/gtest.h>

#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

const OrderingId kSeven = OrderingIdOf(MessageAt(1, 7));

TEST(QuarantinedKeysTest, FirstPass_FindsTheKeys) {
  QuarantinedKeys keys;
  EXPECT_FALSE(keys.keys_known());
  keys.BeginPass();
  EXPECT_TRUE(keys.Read(MessageAt(1, 7)));
  EXPECT_TRUE(keys.Read(MessageAt(2, 7)));
  EXPECT_FALSE(keys.keys_known()) << "more pages may follow";
  keys.LastPageRead();
  EXPECT_TRUE(keys.keys_known());
  EXPECT_TRUE(keys.Contains(kSeven));
  keys.Deleted(kSeven);
  EXPECT_TRUE(keys.Contains(kSeven)) << "one is left";
  keys.Deleted(kSeven);
  EXPECT_TRUE(keys.empty());
}

TEST(QuarantinedKeysTest, Read_BehindARefusedMessageOfItsKey_IsNotTried) {
  QuarantinedKeys keys;
  keys.BeginPass();
  EXPECT_TRUE(keys.Read(MessageAt(1, 7)));
  keys.RefusedAgain(kSeven);
  EXPECT_FALSE(keys.Read(MessageAt(2, 7)));
  EXPECT_TRUE(keys.Read(MessageAt(3, 8)));
  keys.LastPageRead();
  keys.BeginPass();
  EXPECT_TRUE(keys.Read(MessageAt(1, 7))) << "the next pass tries it again";
}

TEST(QuarantinedKeysTest, Read_OnAnUnroutableRoute_BlocksItsKeyToo) {
  QuarantinedKeys keys;
  keys.BeginPass();
  keys.Unroutable({domain::EventStream::kOrder, "order.created"});
  EXPECT_FALSE(keys.Read(MessageAt(1, 7)));
  ports::OutboxMessage other_route = MessageAt(2, 7);
  other_route.routing_key = "order.cancelled";
  EXPECT_FALSE(keys.Read(other_route)) << "its order would be lost";
  other_route = MessageAt(3, 8);
  other_route.routing_key = "order.cancelled";
  EXPECT_TRUE(keys.Read(other_route));
}

TEST(QuarantinedKeysTest, Quarantined_BehindAKeyThatPassed_AsksForAnotherPass) {
  QuarantinedKeys keys;
  keys.BeginPass();
  keys.Read(MessageAt(1, 7));
  keys.LastPageRead();
  EXPECT_FALSE(keys.pass_wanted());
  keys.Quarantined(kSeven);
  EXPECT_TRUE(keys.pass_wanted());
}

TEST(QuarantinedKeysTest, Quarantined_OfARefusedKey_WaitsForTheNextPass) {
  QuarantinedKeys keys;
  keys.BeginPass();
  keys.LastPageRead();
  keys.RefusedAgain(kSeven);
  keys.Quarantined(kSeven);
  EXPECT_FALSE(keys.pass_wanted());
  EXPECT_TRUE(keys.Contains(kSeven));
}

}  // namespace
}  // namespace logistics::messaging
