// Two daemons on one database and one broker.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;

class ReplicasTest : public testing::Test {
 protected:
  ReplicasTest() {
    world_.flags = {
        {"database-idle-in-transaction-timeout", "1s"}, {"outbox-lease-ttl", "1s"}, {"outbox-poll", "100ms"}};
  }

  // Both at the same moment, on a database that is still empty.
  void Start() {
    a_.emplace(world_.Serve());
    b_.emplace(world_.Serve());
    a_->WaitUntilPublishing();
    b_->WaitUntilPublishing();
  }
  // The replica that publishes, and the other one.
  std::pair<Daemon*, Daemon*> LeaderFirst() {
    EXPECT_TRUE(Eventually([this] { return a_->leads() != b_->leads(); }, kPatience)) << "not exactly one relay";
    return a_->leads() ? std::pair(&*a_, &*b_) : std::pair(&*b_, &*a_);
  }

  World world_;
  std::optional<Daemon> a_;
  std::optional<Daemon> b_;
};

TEST_F(ReplicasTest, StartedTogetherOnAnEmptyDatabase_BothServeAndOnePublishes) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  Start();
  LeaderFirst();
  const std::vector<Product> products = {AddProduct(*a_, 1'000'000), AddProduct(*b_, 1'000'000)};
  OrderLoad on_a(*a_, {.products = products, .seed = seed, .orders_max = 20});
  OrderLoad on_b(*b_, {.products = products, .seed = seed + 100, .orders_max = 20});
  on_a.AwaitMoreOrders(8 * 20 - on_a.acked_orders());
  on_b.AwaitMoreOrders(8 * 20 - on_b.acked_orders());
  EXPECT_TRUE(a_->leads() != b_->leads());
  on_a.Stop();
  on_b.Stop();
  EXPECT_EQ(on_a.failed_calls() + on_b.failed_calls(), 0);
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM orders"), 2 * 8 * 20);
  ExpectAckedAreThere(world_, on_a.acked());
  ExpectAckedAreThere(world_, on_b.acked());
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
}

// The first replica stands still while its transaction holds the row that the second one needs.
TEST_F(ReplicasTest, FrozenWithALockedRow_DoesNotStopTheOther) {
  Start();
  // The batch locks its stock rows in key order in one statement: the first, then it waits for the second.
  std::vector<Product> products = {AddProduct(*a_, 100), AddProduct(*a_, 100)};
  std::sort(products.begin(), products.end(), [](const Product& x, const Product& y) { return x.id < y.id; });
  StockLock lock(world_.database, products[1]);
  order::CreateOrderRequest both = OrderOf(products[0]);
  *both.add_items() = OrderOf(products[1]).items(0);
  Answer frozen_answer;
  std::jthread frozen_client([&] { frozen_answer = Create(*a_, both); });
  ASSERT_TRUE(Eventually([&] { return WaitingForLock(world_.database) == 1; }, kPatience));
  a_->process().Stop();
  lock.Release();
  ASSERT_TRUE(Eventually([&] { return IdleInTransaction(world_.database) == 1; }, kPatience))
      << "the frozen replica does not hold the row";

  const Answer other = Create(*b_, OrderOf(products[0]));
  EXPECT_TRUE(other.status.ok()) << other.status.error_message();
  a_->process().Continue();
  frozen_client.join();
  std::vector<AckedChange> acked = {{other.order.id(), 1, order::ORDER_STATUS_PENDING}};
  if (frozen_answer.status.ok()) {
    acked.push_back({frozen_answer.order.id(), 1, order::ORDER_STATUS_PENDING});
  } else {
    EXPECT_EQ(frozen_answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << frozen_answer.status.error_message();
  }
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM orders"), static_cast<std::int64_t>(acked.size()));
  ExpectAckedAreThere(world_, acked);
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
}

// Wherever it is in its batch.
TEST_F(ReplicasTest, FrozenUnderLoad_TheOtherGoesOnAndNothingIsWrongAfterwards) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  Start();
  const std::vector<Product> products = {AddProduct(*a_, 1'000'000)};  // all want the same row
  OrderLoad on_a(*a_, {.products = products, .seed = random(), .pause = absl::Milliseconds(5)});
  OrderLoad on_b(*b_, {.products = products, .seed = random(), .pause = absl::Milliseconds(5)});
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(on_a.AwaitMoreOrders(static_cast<int>(1 + random() % 50)));
    a_->process().Stop();
    EXPECT_TRUE(on_b.AwaitMoreOrders(50)) << "the other replica is held up";
    a_->process().Continue();
  }
  EXPECT_TRUE(on_a.AwaitMoreOrders(10));
  on_a.Stop();
  on_b.Stop();
  ExpectOnlyRetryable(on_a);
  ExpectOnlyRetryable(on_b);
  std::vector<AckedChange> acked = on_a.acked();
  acked.insert(acked.end(), on_b.acked().begin(), on_b.acked().end());
  RepeatUnanswered(*a_, on_a, acked);
  RepeatUnanswered(*b_, on_b, acked);
  ExpectAckedAreThere(world_, acked);
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
}

TEST_F(ReplicasTest, RelayFrozenUnderLoad_TheOtherPublishesAndOrderIsKept) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  Start();
  const auto [relay, other] = LeaderFirst();
  const std::vector<Product> products = {AddProduct(*other, 1'000'000), AddProduct(*other, 1'000'000)};
  OrderLoad load(*other, {.products = products, .seed = seed, .pause = absl::Milliseconds(5)});
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  relay->process().Stop();
  EXPECT_TRUE(Eventually([&, other = other] { return other->leads(); }, kPatience)) << "nobody takes over";
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  // It wakes up among publications of the other, with messages of its own still unsent.
  relay->process().Continue();
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  load.Stop();
  EXPECT_EQ(load.failed_calls(), 0);
  EXPECT_TRUE(Eventually([&] { return a_->leads() != b_->leads(); }, kPatience));
  ExpectAckedAreThere(world_, load.acked());
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
}

// Everything arrives while the old relay still stands.
TEST_F(ReplicasTest, RelayFrozen_AllEventsArriveWithoutIt) {
  Start();
  const auto [relay, other] = LeaderFirst();
  const Product product = AddProduct(*other, 100);
  relay->process().Stop();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Create(*other, OrderOf(product)).status.ok());
  ExpectPublishedIsHistory(world_);
  relay->process().Continue();
}

}  // namespace
}  // namespace logistics::e2e
