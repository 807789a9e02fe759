#include "messaging/relay/known_routes.hpp"

#include <gmock/gmock.h>

#include "fakes/memory_routed_keys.hpp"
#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class KnownRoutesTest : public testing::Test {
 protected:
  KnownRoutesTest() { routes_.Maintain(now_); }

  fakes::MemoryRoutedKeys store_;
  KnownRoutes routes_{store_, absl::Minutes(10)};
  KnownRoutes::Time now_ = KnownRoutes::Time() + std::chrono::hours(1);
  const ports::OutboxMessage created_ = MessageAt(1, 7);
};

TEST_F(KnownRoutesTest, UnknownRoute_DoesNotWait) {
  EXPECT_FALSE(routes_.Waits(created_, now_));
  EXPECT_EQ(routes_.NextDue(), KnownRoutes::Time::max());
}

TEST_F(KnownRoutesTest, KnownRoute_WaitsForTheGraceAndIsForgotten) {
  routes_.Routed(created_, now_);
  now_ += std::chrono::hours(24);
  EXPECT_TRUE(routes_.Waits(created_, now_)) << "a rare event";
  now_ += std::chrono::minutes(9);
  EXPECT_TRUE(routes_.Waits(created_, now_));
  routes_.Maintain(now_);
  EXPECT_THAT(store_.routing_keys(), ElementsAre("order.created"));
  now_ += std::chrono::minutes(1);
  EXPECT_FALSE(routes_.Waits(created_, now_));
  EXPECT_FALSE(routes_.Waits(created_, now_));
  routes_.Maintain(now_);
  EXPECT_THAT(store_.routing_keys(), IsEmpty());
}

TEST_F(KnownRoutesTest, RoutedAgain_TheGraceBeginsAnew) {
  routes_.Routed(created_, now_);
  EXPECT_TRUE(routes_.Waits(created_, now_));
  now_ += std::chrono::minutes(9);
  routes_.Routed(created_, now_);
  now_ += std::chrono::minutes(9);
  EXPECT_TRUE(routes_.Waits(created_, now_));
}

TEST_F(KnownRoutesTest, NextLeader_KnowsTheRouteAndHowLongItWaited) {
  routes_.Routed(created_, now_);
  EXPECT_TRUE(routes_.Waits(created_, now_));
  now_ += std::chrono::minutes(4);
  routes_.Maintain(now_);
  KnownRoutes next(store_, absl::Minutes(10));
  now_ += std::chrono::hours(1);  // another machine, another clock
  next.Maintain(now_);
  now_ += std::chrono::minutes(5);
  EXPECT_TRUE(next.Waits(created_, now_));
  now_ += std::chrono::minutes(1);
  EXPECT_FALSE(next.Waits(created_, now_));
}

TEST_F(KnownRoutesTest, StoreUnavailable_EveryRouteWaitsAndIsLoadedLater) {
  store_.SetUnavailable(true);
  routes_.Reset();
  routes_.Maintain(now_);
  EXPECT_TRUE(routes_.Waits(created_, now_));
  store_.SetUnavailable(false);
  EXPECT_GT(routes_.NextDue(), now_) << "no busy loop";
  now_ = routes_.NextDue();
  routes_.Maintain(now_);
  EXPECT_FALSE(routes_.Waits(created_, now_));
}

TEST_F(KnownRoutesTest, RouteInUse_IsStoredNowAndThen) {
  routes_.Routed(created_, now_);
  routes_.Maintain(now_);
  routes_.Routed(created_, now_ + std::chrono::minutes(9));
  EXPECT_EQ(routes_.NextDue(), KnownRoutes::Time::max()) << "not with each event";
  routes_.Routed(created_, now_ + std::chrono::minutes(10));
  EXPECT_LE(routes_.NextDue(), now_);
}

TEST_F(KnownRoutesTest, ManyRoutes_TheOldestIsForgotten) {
  for (int i = 0; i <= ports::RoutedKeys::kKeysMax; ++i) {
    ports::OutboxMessage message = created_;
    message.routing_key = std::to_string(i);
    routes_.Routed(message, now_ += std::chrono::milliseconds(1));
  }
  ports::OutboxMessage message = created_;
  message.routing_key = "0";
  EXPECT_FALSE(routes_.Waits(message, now_));
  message.routing_key = "1";
  EXPECT_TRUE(routes_.Waits(message, now_));
}

}  // namespace
}  // namespace logistics::messaging
