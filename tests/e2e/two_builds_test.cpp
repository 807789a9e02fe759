// Two builds of the daemon on one database, as during a rolling update and after a rollback: this one, and another that
// calls itself the next release. LOGISTICS_TEST_OTHER_DAEMON names a binary of the release before, to try in its place.
#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>
#include <vector>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

support::Command OtherBuild(support::Command command) {
  const char* const other = std::getenv("LOGISTICS_TEST_OTHER_DAEMON");
  command.args[0] = other != nullptr ? other : LOGISTICS_BINARY_DIR "/logistics-engine-next";
  return command;
}

// Each build publishes what both have written, and moves on orders that the other made.
TEST(TwoBuildsTest, EachPublishesInTurnUnderLoad_NothingIsLostAndOrderIsKept) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  World world;
  world.flags = {{"outbox-lease-ttl", "1s"}, {"outbox-poll", "100ms"}};
  Daemon one(world.Serve());
  one.WaitUntilPublishing();
  Daemon other(OtherBuild(world.Serve()));
  other.WaitUntilPublishing();
  EXPECT_TRUE(support::Eventually(
      [&] { return world.database.QueryNumber("SELECT count(DISTINCT release) FROM replicas") == 2; }, kPatience))
      << "the replicas have not registered under two releases";

  const std::vector<Product> products = {AddProduct(one, 1'000'000), AddProduct(other, 1'000'000)};
  OrderLoad on_one(one, {.products = products, .seed = seed, .pause = absl::Milliseconds(5)});
  OrderLoad on_other(other, {.products = products, .seed = seed + 100, .pause = absl::Milliseconds(5)});
  for (int turn = 0; turn < 4; ++turn) {
    EXPECT_TRUE(support::Eventually([&] { return one.leads() != other.leads(); }, kPatience))
        << "not exactly one relay";
    const bool one_leads = one.leads();
    Daemon& relay = one_leads ? one : other;
    Daemon& next = one_leads ? other : one;
    const OrderLoad& on_next = one_leads ? on_other : on_one;
    relay.process().Stop();
    EXPECT_TRUE(support::Eventually([&] { return next.leads(); }, kPatience)) << "nobody takes over in turn " << turn;
    EXPECT_TRUE(on_next.AwaitMoreOrders(30));
    relay.process().Continue();
  }
  on_one.Stop();
  on_other.Stop();
  ExpectOnlyRetryable(on_one);
  ExpectOnlyRetryable(on_other);
  std::vector<AckedChange> acked = on_one.acked();
  acked.insert(acked.end(), on_other.acked().begin(), on_other.acked().end());

  // An order of each build is moved on and cancelled by the other one.
  const Answer by_one = Create(one, OrderOf(products[0]));
  const Answer by_other = Create(other, OrderOf(products[1]));
  ASSERT_TRUE(by_one.status.ok() && by_other.status.ok());
  EXPECT_TRUE(ChangeStatus(other, by_one.order.id(), order::ORDER_STATUS_PROCESSING).status.ok());
  EXPECT_TRUE(Cancel(one, by_one.order.id()).status.ok());
  EXPECT_TRUE(Cancel(one, by_other.order.id()).status.ok());

  RepeatUnanswered(one, on_one, acked);
  RepeatUnanswered(other, on_other, acked);
  ExpectAckedAreThere(world, acked);
  ExpectConsistent(world);
  ExpectPublishedIsHistory(world);
}

}  // namespace
}  // namespace logistics::e2e
