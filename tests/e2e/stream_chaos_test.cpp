// Readers of order updates while connections, daemons, the broker and Postgres go away under load, in an order by
// chance; afterwards each has been told all that the table has.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <random>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/own_stack.hpp"
#include "e2e/stream_reader.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {
namespace {

using support::TcpProxy;

// A daemon with writers of its own, and the way that readers take to it.
struct Replica {
  explicit Replica(const World& world) : daemon(world.Serve()), way("127.0.0.1", daemon.port()) {
    daemon.WaitUntilReady();
  }

  Daemon daemon;
  TcpProxy way;
  std::unique_ptr<OrderLoad> load;  // gone before the daemon
};

class StreamChaosTest : public testing::Test {
 protected:
  StreamChaosTest() {
    // Small, so that readers fall behind, go back to the database, and get tokens when nothing happens.
    world_.flags = {{"stream-buffer", "16"},
                    {"stream-recent-max", "1024"},
                    {"stream-heartbeat", "100ms"},
                    {"database-idle-in-transaction-timeout", "1s"}};
    for (int i = 0; i < 3; ++i) customers_.push_back(NewUuid());
    StartReplica(0);
    products_ = {AddProduct(replicas_[0]->daemon, 1'000'000), AddProduct(replicas_[0]->daemon, 1'000'000)};
    StartReplica(1);
    const order::CreateOrderRequest first = OrderOf(products_[0]);
    watched_ = Create(replicas_[0]->daemon, first).order.id();
  }

  void StartReplica(std::size_t i) {
    replicas_[i] = std::make_unique<Replica>(world_);
    const std::lock_guard lock(mutex_);
    addresses_[i] = "127.0.0.1:" + std::to_string(replicas_[i]->way.port());
  }
  void StartLoad(std::size_t i) {
    replicas_[i]->load = std::make_unique<OrderLoad>(replicas_[i]->daemon, OrderLoad::Options{
                                                                               .products = products_,
                                                                               .customers = customers_,
                                                                               .seed = random_(),
                                                                               .clients = 4,
                                                                               .pause = absl::Milliseconds(10),
                                                                           });
  }
  // Nobody is told that it has gone.
  void EndReplica(std::size_t i, const std::function<void(Daemon&)>& end) {
    end(replicas_[i]->daemon);
    replicas_[i]->load->Stop();
    StartReplica(i);
    StartLoad(i);
  }

  // The order that one reader watches goes a step on.
  void MoveWatched(std::size_t i) {
    if (next_status_ > order::ORDER_STATUS_DELIVERED) return;
    if (ChangeStatus(replicas_[i]->daemon, watched_, static_cast<order::OrderStatus>(next_status_)).status.ok()) {
      ++next_status_;
    }
  }

  std::unique_ptr<StreamReader> Read(const order::StreamOrderUpdatesRequest& scope) {
    auto where = [this, random = std::make_shared<std::mt19937_64>(random_())] {
      const std::lock_guard lock(mutex_);
      return addresses_[(*random)() % addresses_.size()];
    };
    auto reader = std::make_unique<StreamReader>(std::move(where), scope);
    EXPECT_TRUE(reader->AwaitToken());
    return reader;
  }
  void AwaitOrders(std::size_t i, int max) {
    EXPECT_TRUE(replicas_[i]->load->AwaitMoreOrders(static_cast<int>(1 + random_() % static_cast<unsigned>(max))));
  }

  // What may happen to replica `i` while the other one goes on.
  std::vector<std::function<void(std::size_t)>> Trouble() {
    const auto other = [](std::size_t i) { return 1 - i; };
    return {
        [this](std::size_t i) { EndReplica(i, [](Daemon& daemon) { daemon.process().Kill(); }); },
        [this](std::size_t i) { EndReplica(i, [](Daemon& daemon) { daemon.process().Kill(); }); },
        [this](std::size_t i) {
          EndReplica(i, [](Daemon& daemon) {
            daemon.process().Signal(SIGTERM);
            EXPECT_TRUE(daemon.process().Wait());
          });
        },
        // Its transactions may commit late.
        [this, other](std::size_t i) {
          replicas_[i]->daemon.process().Stop();
          AwaitOrders(other(i), 100);
          replicas_[i]->daemon.process().Continue();
        },
        [this](std::size_t i) {
          replicas_[i]->way.SetMode(TcpProxy::Mode::kRefuse);
          AwaitOrders(i, 30);
          replicas_[i]->way.SetMode(TcpProxy::Mode::kForward);
        },
        [this](std::size_t i) {
          replicas_[i]->way.SetMode(TcpProxy::Mode::kStall);
          AwaitOrders(i, 100);
          replicas_[i]->way.SetMode(TcpProxy::Mode::kForward);
        },
        [this](std::size_t) { stack_.RestartPostgres(); },
        [this](std::size_t) { stack_.CrashPostgres(); },
    };
  }

  const std::uint64_t seed_ = fakes::TestSeed();
  std::mt19937_64 random_{seed_};
  OwnStack stack_;
  World world_;
  std::vector<std::string> customers_;
  std::vector<Product> products_;
  std::array<std::unique_ptr<Replica>, 2> replicas_;
  std::string watched_;
  int next_status_ = order::ORDER_STATUS_PROCESSING;
  std::mutex mutex_;
  std::array<std::string, 2> addresses_;  // guarded by mutex_
};

TEST_F(StreamChaosTest, EverythingGoesAwayUnderLoad_ReadersMissNothing) {
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed_));
  order::StreamOrderUpdatesRequest one = OneOrder(watched_);
  one.set_include_snapshot(true);
  std::vector<std::pair<order::StreamOrderUpdatesRequest, std::unique_ptr<StreamReader>>> readers;
  readers.emplace_back(one, Read(one));
  for (int i = 0; i < 4; ++i) {
    order::StreamOrderUpdatesRequest all = AllOrders();
    all.set_include_snapshot(true);  // the watched order was there before
    readers.emplace_back(all, Read(all));
  }
  for (const std::string& customer : customers_) {
    readers.emplace_back(OrdersOf(customer), Read(OrdersOf(customer)));
  }
  for (std::size_t i : {0U, 1U}) StartLoad(i);
  AwaitOrders(0, 50);
  stack_.StopRabbitMq();
  // Nobody notices: what is placed while the broker is away is told on the same streams.
  AwaitOrders(0, 50);
  const Answer placed = Create(replicas_[1]->daemon, OrderOf(products_[0]));
  ASSERT_TRUE(placed.status.ok()) << placed.status.error_message();
  EXPECT_TRUE(readers[1].second->AwaitTold({placed.order.id(), 1}));
  for (const auto& [scope, reader] : readers) EXPECT_EQ(reader->streams(), 1);

  auto trouble = Trouble();
  std::shuffle(trouble.begin(), trouble.end(), random_);
  std::future<void> broker;
  for (std::size_t step = 0; step < trouble.size(); ++step) {
    if (step == trouble.size() / 2) broker = std::async(std::launch::async, [this] { stack_.StartRabbitMq(); });
    const std::size_t i = random_() % 2;
    for (int cut = 0; cut < 3; ++cut) {
      readers[random_() % readers.size()].second->Cut();
      AwaitOrders(random_() % 2, 20);
    }
    MoveWatched(1 - i);
    trouble[step](i);
  }
  broker.get();
  for (std::size_t i : {0U, 1U}) AwaitOrders(i, 20);
  for (const auto& replica : replicas_) replica->load->Stop();
  std::size_t streams = 0;
  for (const auto& [scope, reader] : readers) {
    ExpectToldAll(world_, *reader, scope);
    ASSERT_FALSE(HasFailure());  // what is missing is waited for
    streams += static_cast<std::size_t>(reader->streams());
  }
  EXPECT_GE(streams, 2 * readers.size()) << "hardly anyone had to come back";
  RecordProperty("streams", std::to_string(streams));
  RecordProperty("changes", std::to_string(readers[1].second->told().size()));
  ExpectConsistent(world_);
}

}  // namespace
}  // namespace logistics::e2e
