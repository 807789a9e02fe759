// The daemon is killed or told to stop while it works.
#include <gmock/gmock.h>
#include <signal.h>

#include <optional>
#include <thread>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

std::vector<Product> AddProducts(Daemon& daemon, int count) {
  std::vector<Product> products;
  for (int i = 0; i < count; ++i) products.push_back(AddProduct(daemon, 1'000'000));
  return products;
}

// A daemon whose way to the broker can be cut: what it has sent since then is lost with it.
struct Reach {
  explicit Reach(const World& world)
      : proxy(world.broker.host(), world.broker.port()),
        daemon(world.database.url(), world.broker.UrlThrough(proxy.port()), {{"outbox-lease-ttl", "1s"}}) {
    daemon.WaitUntilPublishing();
    // The lease of the one that was killed has to run out first.
    EXPECT_TRUE(support::Eventually([this] { return daemon.leads(); }, kPatience));
  }
  support::TcpProxy proxy;
  Daemon daemon;
};

TEST(CrashTest, KilledUnderLoad_LosesNoAckedChangeAndPublishesAllThatIsCommitted) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  World world;
  std::optional<Reach> reach(std::in_place, world);
  OrderLoad::Options options{.products = AddProducts(reach->daemon, 5), .clients = 16, .until_failure = true};
  std::vector<AckedChange> acked;
  for (int round = 0; round < 4; ++round) {
    options.seed = random();
    OrderLoad load(reach->daemon, options);
    EXPECT_TRUE(load.AwaitMoreOrders(static_cast<int>(1 + random() % 200)));
    // In every other round it dies with events that are published, as far as it knows, and not confirmed.
    if (round % 2 == 1) {
      reach->proxy.SetMode(support::TcpProxy::Mode::kStall);
      EXPECT_TRUE(load.AwaitMoreOrders(static_cast<int>(20 + random() % 50)));
    }
    reach->daemon.process().Kill();
    load.Stop();
    EXPECT_FALSE(load.failures().empty()) << "nothing was in flight";
    acked.insert(acked.end(), load.acked().begin(), load.acked().end());

    reach.reset();
    reach.emplace(world);
    ExpectAckedAreThere(world, acked);
    RepeatUnanswered(reach->daemon, load, acked);
  }
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"),
            world.database.QueryNumber("SELECT count(*) FROM idempotency_keys"));
  ExpectAckedAreThere(world, acked);
  ExpectConsistent(world);
  ExpectPublishedIsHistory(world);
}

class StopTest : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Signals, StopTest, testing::Values(SIGTERM, SIGINT),
                         [](const auto& param) { return param.param == SIGTERM ? "SIGTERM" : "SIGINT"; });

TEST_P(StopTest, UnderLoad_FinishesWhatRunsAndExitsZero) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  World world;
  std::optional<Daemon> daemon(std::in_place, world.Serve());
  daemon->WaitUntilPublishing();
  OrderLoad load(*daemon, {.products = AddProducts(*daemon, 5), .seed = seed, .clients = 16, .until_failure = true});
  EXPECT_TRUE(load.AwaitMoreOrders(100));
  daemon->process().Signal(GetParam());
  const auto ending = daemon->process().Wait(absl::Seconds(25));  // the drain time
  ASSERT_TRUE(ending.has_value()) << "it has not stopped within the drain time";
  EXPECT_EQ(ending->exit_code, 0);
  load.Stop();
  for (const grpc::Status& status : load.failures()) {
    // CANCELLED is gRPC's own word for a call that it received after Server::Shutdown and never showed to us.
    EXPECT_THAT(status.error_code(), AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED))
        << status.error_message();
  }
  ExpectAckedAreThere(world, load.acked());
  ExpectConsistent(world);
  // A stop loses no answer: what was not answered was not made.
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"), load.acked_orders());
  ExpectPublishedIsHistory(world);
}

// An order waits for a row while the daemon is told to stop.
class StopWhileAnOrderWaitsTest : public StopTest {
 protected:
  StopWhileAnOrderWaitsTest() {
    daemon_.WaitUntilReady();
    product_ = AddProduct(daemon_, 10);
    lock_.emplace(world_.database, product_);
    waiting_ = std::jthread([this] { answer_ = Create(daemon_, OrderOf(product_)); });
    EXPECT_TRUE(support::Eventually([this] { return WaitingForLock(world_.database) > 0; }, kPatience));
    daemon_.process().Signal(GetParam());
    daemon_.WaitForLog("stopping; a second one ends at once");
  }

  World world_;
  Daemon daemon_{world_.Serve()};
  Product product_;
  std::optional<StockLock> lock_;
  Answer answer_;  // belongs to waiting_ until it has ended
  std::jthread waiting_;
};

INSTANTIATE_TEST_SUITE_P(Signals, StopWhileAnOrderWaitsTest, testing::Values(SIGTERM, SIGINT),
                         [](const auto& param) { return param.param == SIGTERM ? "SIGTERM" : "SIGINT"; });

TEST_P(StopWhileAnOrderWaitsTest, NewCallsAreRefusedAndTheOrderIsFinished) {
  const bool refused = support::Eventually(
      [this] {
        const Answer answer = GetOrder(daemon_, NewUuid());
        if (answer.status.error_code() == grpc::StatusCode::NOT_FOUND) return false;  // the drain has not begun
        EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE) << answer.status.error_message();
        EXPECT_TRUE(HasRetryInfo(answer.status)) << answer.status.error_message();
        return true;
      },
      kPatience);
  EXPECT_TRUE(refused);
  const HttpAnswer readiness = daemon_.Get("/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_THAT(readiness.body, HasSubstr("draining"));
  lock_->Release();
  waiting_.join();
  EXPECT_TRUE(answer_.status.ok()) << answer_.status.error_message();
  const auto ending = daemon_.process().Wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM orders"), 1);
}

TEST_P(StopWhileAnOrderWaitsTest, SecondSignalEndsAtOnce) {
  daemon_.process().Signal(GetParam());
  const auto ending = daemon_.process().Wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->exit_code, 128 + GetParam());
  waiting_.join();
  EXPECT_EQ(answer_.status.error_code(), grpc::StatusCode::UNAVAILABLE) << answer_.status.error_message();
  lock_->Release();
  // Its session ends with it, and nothing of the order is left.
  EXPECT_TRUE(support::Eventually([this] { return WaitingForLock(world_.database) == 0; }, kPatience));
  EXPECT_EQ(world_.database.QueryNumber("SELECT count(*) FROM orders"), 0);
  EXPECT_EQ(world_.database.QueryNumber("SELECT reserved FROM stock_levels"), 0);
}

}  // namespace
}  // namespace logistics::e2e
