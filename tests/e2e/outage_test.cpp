// The servers go away under load and come back. Those that are stopped are a test's own.
#include <gmock/gmock.h>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/own_stack.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using testing::HasSubstr;

// The load has ended: what was answered OK is there, also what is only answered now because the call is repeated, and
// nothing else is.
void ExpectOkOnlyWhatIsThere(World& world, Daemon& daemon, OrderLoad& load) {
  ExpectOnlyRetryable(load);
  std::vector<AckedChange> acked = load.acked();
  ExpectAckedAreThere(world, acked);
  RepeatUnanswered(daemon, load, acked);
  ExpectAckedAreThere(world, acked);
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"),
            world.database.QueryNumber("SELECT count(*) FROM idempotency_keys"));
  ExpectConsistent(world);
  ExpectPublishedIsHistory(world);
}

class OutageTest : public testing::Test {
 protected:
  OutageTest() {
    daemon_.WaitUntilPublishing();
    // So many clients with pauses that the load outlasts the outage without filling the disk.
    options_ = {.products = {AddProduct(daemon_, 1'000'000), AddProduct(daemon_, 1'000'000)},
                .seed = fakes::TestSeed(),
                .clients = 4,
                .pause = absl::Milliseconds(20)};
  }

  OwnStack stack_;
  World world_;
  Daemon daemon_{world_.Serve()};
  OrderLoad::Options options_;
};

TEST_F(OutageTest, BrokerStoppedUnderLoad_OrdersGoOnAndAllEventsArriveLater) {
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(options_.seed));
  OrderLoad load(daemon_, options_);
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  stack_.StopRabbitMq();
  EXPECT_TRUE(
      Eventually([&] { return daemon_.Get("/readyz").body.find("broker: degraded") != std::string::npos; }, kPatience))
      << daemon_.Get("/readyz").body;
  EXPECT_EQ(daemon_.Get("/readyz").status, 200);
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  EXPECT_GT(world_.database.QueryNumber("SELECT count(*) FROM outbox"), 0);
  stack_.StartRabbitMq();
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  load.Stop();
  for (const grpc::Status& status : load.failures()) ADD_FAILURE() << status.error_message();
  EXPECT_GT(daemon_.Metric("logistics_broker_reconnects_total"), 0);
  ExpectAckedAreThere(world_, load.acked());
  ExpectConsistent(world_);
  ExpectPublishedIsHistory(world_);
  EXPECT_TRUE(Eventually([&] { return daemon_.Get("/readyz").body.find("broker: up") != std::string::npos; }));
}

TEST_F(OutageTest, PostgresRestartedAndCrashedUnderLoad_AnswersOkOnlyWhatIsThere) {
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(options_.seed));
  options_.clients = 16;
  OrderLoad load(daemon_, options_);
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  stack_.RestartPostgres();
  EXPECT_TRUE(load.AwaitMoreOrders(50)) << "it does not serve again by itself";
  stack_.CrashPostgres();
  EXPECT_TRUE(load.AwaitMoreOrders(50)) << "it does not serve again by itself";
  load.Stop();
  ExpectOkOnlyWhatIsThere(world_, daemon_, load);
  EXPECT_TRUE(Eventually([&] { return daemon_.Get("/readyz").status == 200; }));
}

// The way to Postgres is cut in the middle of whatever is under way, and stays cut until callers have been refused:
// longer than a batch is tried again.
TEST(DatabaseCutTest, CutUnderLoad_AnswersOkOnlyWhatIsThere) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  World world;
  support::TcpProxy proxy("127.0.0.1", PortOf(world.database.url()));
  Daemon daemon(Through(proxy, world.database.url()), world.broker.url());
  daemon.WaitUntilPublishing();
  constexpr int kClients = 16;
  OrderLoad load(daemon, {.products = {AddProduct(daemon, 1'000'000)}, .seed = random(), .clients = kClients});
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(load.AwaitMoreOrders(static_cast<int>(1 + random() % 100)));
    const int failed = load.failed_calls();
    proxy.SetMode(support::TcpProxy::Mode::kRefuse);
    EXPECT_TRUE(Eventually([&] { return load.failed_calls() >= failed + kClients; }, kPatience));
    proxy.SetMode(support::TcpProxy::Mode::kForward);
  }
  EXPECT_TRUE(load.AwaitMoreOrders(50)) << "it does not serve again by itself";
  load.Stop();
  ExpectOkOnlyWhatIsThere(world, daemon, load);
}

}  // namespace
}  // namespace logistics::e2e
