#include "messaging/relay/held_messages.hpp"

#include <gtest/gtest.h>

#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

const OrderingId kSeven = OrderingIdOf(MessageAt(1, 7));

TEST(HeldMessagesTest, FirstPass_FindsTheKeys) {
  HeldMessages held;
  EXPECT_FALSE(held.keys_known());
  held.BeginPass();
  EXPECT_TRUE(held.Read(MessageAt(1, 7)));
  EXPECT_TRUE(held.Read(MessageAt(2, 7)));
  EXPECT_EQ(held.position().number, 2);
  EXPECT_FALSE(held.keys_known()) << "more pages may follow";
  held.LastPageRead();
  EXPECT_TRUE(held.keys_known());
  EXPECT_TRUE(held.Contains(kSeven));
  held.Deleted(kSeven);
  EXPECT_TRUE(held.Contains(kSeven)) << "one is left";
  held.Deleted(kSeven);
  EXPECT_TRUE(held.empty());
}

TEST(HeldMessagesTest, Read_BehindARefusedMessageOfItsKey_IsNotTried) {
  HeldMessages held;
  held.BeginPass();
  EXPECT_TRUE(held.Read(MessageAt(1, 7)));
  held.RefusedAgain(kSeven);
  EXPECT_FALSE(held.Read(MessageAt(2, 7)));
  EXPECT_TRUE(held.Read(MessageAt(3, 8)));
  held.LastPageRead();
  held.BeginPass();
  EXPECT_TRUE(held.Read(MessageAt(1, 7))) << "the next pass tries it again";
}

TEST(HeldMessagesTest, Read_OnAnUnroutableRoute_BlocksItsKeyToo) {
  HeldMessages held;
  held.BeginPass();
  held.Unroutable({domain::EventStream::kOrder, "order.created"});
  EXPECT_FALSE(held.Read(MessageAt(1, 7)));
  ports::OutboxMessage other_route = MessageAt(2, 7);
  other_route.routing_key = "order.cancelled";
  EXPECT_FALSE(held.Read(other_route)) << "its order would be lost";
  other_route = MessageAt(3, 8);
  other_route.routing_key = "order.cancelled";
  EXPECT_TRUE(held.Read(other_route));
}

TEST(HeldMessagesTest, Held_BehindAKeyThatPassed_AsksForAnotherPass) {
  HeldMessages held;
  held.BeginPass();
  held.Read(MessageAt(1, 7));
  held.LastPageRead();
  EXPECT_FALSE(held.pass_wanted());
  held.Held(kSeven);
  EXPECT_TRUE(held.pass_wanted());
}

TEST(HeldMessagesTest, Held_OfARefusedKey_WaitsForTheNextPass) {
  HeldMessages held;
  held.BeginPass();
  held.LastPageRead();
  held.RefusedAgain(kSeven);
  held.Held(kSeven);
  EXPECT_FALSE(held.pass_wanted());
  EXPECT_TRUE(held.Contains(kSeven));
}

}  // namespace
}  // namespace logistics::messaging
