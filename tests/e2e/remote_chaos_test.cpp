// Orders by several clients while everything goes wrong at the peer, at random; afterwards not one piece is missing.
#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>
#include <random>

#include "absl/time/clock.h"
#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/remote_world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::PeerSwitch;

constexpr char kLevels[] = "GetInventoryLevels";

// So many orders are acked before the faults stop. A long run is one by hand, with the test's own binary:
// LOGISTICS_TEST_CHAOS_ORDERS=10000 e2e_tests --gtest_filter='RemoteChaosTest.*'.
int WantedOrders() {
  const char* const wanted = std::getenv("LOGISTICS_TEST_CHAOS_ORDERS");
  return wanted != nullptr ? std::atoi(wanted) : 750;
}

// With the chance, in calls of the method, of each. A call that waits for an answer that never comes costs its client a
// second: those are rare.
std::vector<std::pair<double, PeerSwitch>> Faults() {
  return {
      {0.1, support::Delay("*", absl::Milliseconds(5))},
      {0.02, support::Delay("*", absl::Milliseconds(60))},
      {0.004, support::Hang(kReserve)},
      {0.01, support::Fail(kReserve, "UNAVAILABLE")},
      {0.01, support::Fail(kReserve, "INTERNAL")},
      {0.01, support::Fail(kReserve, "RESOURCE_EXHAUSTED")},
      {0.004, support::DropReply(kReserve)},
      {0.01, support::CutReply(kReserve)},
      {0.004, support::HangAfterItems(1)},
      {0.004, support::LateHold(1)},
      {0.01, support::LateHold(1, "UNAVAILABLE")},
      {0.01, support::LateHold(2, "INTERNAL")},
      {0.001, support::CrashBeforeCommit(kReserve)},
      {0.001, support::CrashAfterCommit(kReserve)},
      {0.05, support::Fail(kRelease, "INTERNAL", "failed to release stock: pq: deadlock detected")},
      {0.01, support::DropReply(kRelease)},
      {0.01, support::CutReply(kRelease)},
      {0.001, support::CrashAfterCommit(kRelease)},
      {0.05, support::Fail(kCommit, "INTERNAL", "failed to commit reservation: pq: deadlock detected")},
      {0.01, support::DropReply(kCommit)},
      {0.01, support::CutReply(kCommit)},
      {0.001, support::CrashAfterCommit(kCommit)},
      {0.05, support::Fail(kLevels, "UNAVAILABLE")},
  };
}

class RemoteChaosTest : public testing::Test {
 protected:
  void AddFaults() {
    for (const auto& [chance, fault] : Faults()) {
      remote_.peer.Add(fault.Randomly(chance, static_cast<std::uint32_t>(random_())));
    }
  }
  // A peer that a fault has ended comes back, and the faults with it.
  void KeepThePeerGoing() {
    if (remote_.peer.process().running()) return;
    remote_.peer.Restart();
    AddFaults();
    ++restarts_;
  }
  // Nothing goes wrong from now on.
  void EndFaults() {
    const bool ended = Eventually(
        [this] {
          if (!remote_.peer.process().running()) return remote_.peer.Restart(), true;
          try {
            remote_.peer.ClearAll();
          } catch (const std::runtime_error&) {
            return false;  // a fault ends it at this moment
          }
          return true;
        },
        kPatience);
    EXPECT_TRUE(ended);
    EXPECT_TRUE(Eventually([this] { return daemon_.Get("/readyz").body.find("inventory: up") != std::string::npos; },
                           kPatience))
        << daemon_.Get("/readyz").body;
  }

  const std::uint64_t seed_ = fakes::TestSeed();
  std::mt19937_64 random_{seed_};
  RemoteWorld remote_{{{"inventory-remote-remember-for", "200ms"}}};
  Daemon daemon_{remote_.Serve()};
  int restarts_ = 0;
};

TEST_F(RemoteChaosTest, RandomFaults_EndWithoutDrift) {
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed_));
  daemon_.WaitUntilPublishing();
  const std::vector<Product> products = {remote_.AddProduct(1'000'000), remote_.AddProduct(1'000'000),
                                         remote_.AddProduct(1'000'000)};
  const Product scarce = remote_.AddProduct(1);
  AddFaults();
  const int wanted = WantedOrders();
  OrderLoad load(daemon_, {.products = products,
                           .seed = random_(),
                           .clients = 16,
                           .orders_max = wanted,
                           .lines_max = 3,
                           .pause_after_failure = absl::Milliseconds(200),
                           .deadline = absl::Seconds(5)});
  // One more client whose orders are always refused, with a part of them held.
  std::atomic<int> refused = 0;
  std::jthread greedy([&](const std::stop_token& stop) {
    for (int i = 0; i < wanted && !stop.stop_requested(); ++i) {
      order::CreateOrderRequest request = OrderOf(products[static_cast<std::size_t>(i) % products.size()], 2);
      *request.add_items() = OrderOf(scarce, 2).items(0);
      const Answer answer = Create(daemon_, request, {"", "", absl::Seconds(5)});
      EXPECT_FALSE(answer.status.ok());
      if (answer.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) ++refused;
      absl::SleepFor(absl::Milliseconds(20));
    }
  });

  const int crash_at = static_cast<int>(random_() % static_cast<std::uint64_t>(wanted));
  bool crashed = false;
  const bool done = Eventually(
      [&] {
        if (!crashed && load.acked_orders() >= crash_at) {
          crashed = true;
          remote_.peer.Crash();
        }
        KeepThePeerGoing();
        return load.acked_orders() >= wanted;
      },
      absl::Minutes(1) + absl::Milliseconds(50) * wanted);
  EXPECT_TRUE(done) << load.acked_orders() << " orders were acked";
  load.Stop();
  greedy.request_stop();
  greedy.join();
  EndFaults();
  std::printf("seed %llu: %d orders acked, %d calls failed, %d orders refused, peer restarted %d times\n",
              static_cast<unsigned long long>(seed_), load.acked_orders(), load.failed_calls(), refused.load(),
              restarts_);

  EXPECT_GT(load.failed_calls(), 0) << "nothing went wrong";
  EXPECT_GT(refused, 0);
  ExpectOnlyRetryable(load);
  std::vector<AckedChange> acked = load.acked();
  RepeatUnanswered(daemon_, load, acked);
  ExpectAckedAreThere(remote_.world, acked);
  remote_.ExpectSettledAndConserved();
  EXPECT_EQ(remote_.LevelOf(scarce), (support::PeerLevel{1, 0, 1}));
  ExpectConsistent(remote_.world);
  ExpectPublishedIsHistory(remote_.world);
}

}  // namespace
}  // namespace logistics::e2e
