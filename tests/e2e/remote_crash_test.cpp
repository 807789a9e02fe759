// The daemon is killed, or stands still, between the steps of the saga with the Go stand-in.
#include <gmock/gmock.h>

#include <optional>
#include <random>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/remote_world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::PeerLevel;
using testing::ElementsAre;
using testing::Pair;

class RemoteCrashTest : public testing::Test {
 protected:
  void Start(const Flags& flags = {}) {
    remote_.emplace(flags);
    StartDaemon();
  }
  void StartDaemon() {
    daemon_.emplace(remote_->Serve());
    daemon_->WaitUntilPublishing();
    EXPECT_TRUE(Eventually([this] { return daemon_->Get("/readyz").body.find("inventory: up") != std::string::npos; }))
        << daemon_->Get("/readyz").body;
  }
  // kill -9 and a new one, which finds what was left as if it were old.
  void Kill() { daemon_->process().Kill(); }
  void Recover() {
    remote_->LetLeftoversAge();
    StartDaemon();
  }

  std::optional<RemoteWorld> remote_;
  std::optional<Daemon> daemon_;
};

TEST_F(RemoteCrashTest, KilledBetweenReserveAndOrder_TheHoldIsReleasedAndTheKeyFree) {
  Start({{"inventory-remote-call-timeout", "20s"}, {"inventory-remote-intent-ttl", "30s"}});
  const Product product = remote_->AddProduct(10);
  order::CreateOrderRequest request = OrderOf(product, 4);
  request.set_idempotency_key(NewUuid());
  const int rule = remote_->peer.Add(support::DropReply(kReserve).Count(1));
  Calls calls(1, [&] { return Create(*daemon_, request); });
  remote_->peer.AwaitWaiting(rule);
  EXPECT_EQ(remote_->LevelOf(product).reserved, 4) << "held, and no order yet";
  const std::string left = remote_->OnlyReservation();
  Kill();
  EXPECT_EQ(calls.Join().front().status.error_code(), grpc::StatusCode::UNAVAILABLE);
  remote_->peer.ClearAll();

  Recover();
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{10, 0, 10}));
  EXPECT_EQ(remote_->peer.Calls(kRelease, left), 2) << "it may overtake the hold: said again";
  EXPECT_EQ(daemon_->Metric("logistics_intents_recovered_total"), 1);
  const Answer made = Create(*daemon_, request);
  ASSERT_TRUE(made.status.ok()) << made.status.error_message();
  EXPECT_EQ(remote_->LevelOf(product).reserved, 4);
  remote_->ExpectSettledAndConserved();
  ExpectPublishedIsHistory(remote_->world);
}

// What was said and done without an answer is said again, which does nothing; what was not done is done now.
TEST_F(RemoteCrashTest, KilledBetweenOrderAndSettlement_IsSettledOnceByTheNext) {
  Start();
  const Product product = remote_->AddProduct(20);
  const Answer cancelled = Create(*daemon_, OrderOf(product, 2));
  const Answer shipped = Create(*daemon_, OrderOf(product, 3));
  const Answer shipped_unheard = Create(*daemon_, OrderOf(product, 4));
  ASSERT_TRUE(shipped_unheard.status.ok()) << shipped_unheard.status.error_message();
  const int release = remote_->peer.Add(support::Hang(kRelease).Always());
  const int commit = remote_->peer.Add(support::Hang(kCommit).Count(1));
  ASSERT_TRUE(Cancel(*daemon_, cancelled.order.id()).status.ok());
  ChangeStatus(*daemon_, shipped.order.id(), order::ORDER_STATUS_PROCESSING);
  ASSERT_TRUE(ChangeStatus(*daemon_, shipped.order.id(), order::ORDER_STATUS_SHIPPED).status.ok());
  remote_->peer.AwaitWaiting(release);
  remote_->peer.AwaitWaiting(commit);
  const int unheard = remote_->peer.Add(support::DropReply(kCommit).Always());
  ChangeStatus(*daemon_, shipped_unheard.order.id(), order::ORDER_STATUS_PROCESSING);
  ASSERT_TRUE(ChangeStatus(*daemon_, shipped_unheard.order.id(), order::ORDER_STATUS_SHIPPED).status.ok());
  EXPECT_TRUE(Eventually([&] { return remote_->peer.Hits(unheard) >= 1 && remote_->LevelOf(product).quantity < 20; }));
  Kill();
  remote_->peer.ClearAll();

  Recover();
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{13, 0, 13}));
  ExpectConsistent(remote_->world);
  ExpectPublishedIsHistory(remote_->world);
}

TEST_F(RemoteCrashTest, KilledWhileARestockIsUnanswered_ListsItAsInDoubtAndNeverSaysItAgain) {
  Start({{"inventory-commit-on", "created"},
         {"inventory-remote-call-timeout", "20s"},
         {"inventory-remote-intent-ttl", "30s"}});
  const Product product = remote_->AddProduct(10);
  const Answer made = Create(*daemon_, OrderOf(product, 4));
  ASSERT_TRUE(made.status.ok()) << made.status.error_message();
  const int rule = remote_->peer.Add(support::DropReply(kAdjust).Always());
  ASSERT_TRUE(Cancel(*daemon_, made.order.id()).status.ok());
  remote_->peer.AwaitWaiting(rule);
  Kill();
  remote_->peer.ClearAll();

  Recover();
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->peer.Calls(kAdjust), 1);
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{10, 0, 10}));
  EXPECT_EQ(remote_->world.database.QueryNumber("SELECT sum(quantity) FROM restocks_in_doubt"), 4);
}

TEST_F(RemoteCrashTest, KilledUnderLoad_EveryAckedOrderHasItsHoldAndNoHoldIsWithoutAnOrder) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  Start();
  OrderLoad::Options options{.products = {remote_->AddProduct(1'000'000), remote_->AddProduct(1'000'000)},
                             .clients = 12,
                             .lines_max = 2,
                             .until_failure = true};
  std::vector<AckedChange> acked;
  for (int round = 0; round < 2; ++round) {
    options.seed = random();
    OrderLoad load(*daemon_, options);
    EXPECT_TRUE(load.AwaitMoreOrders(static_cast<int>(1 + random() % 80)));
    Kill();
    load.Stop();
    EXPECT_FALSE(load.failures().empty()) << "nothing was in flight";
    acked.insert(acked.end(), load.acked().begin(), load.acked().end());
    Recover();
    ExpectAckedAreThere(remote_->world, acked);
    RepeatUnanswered(*daemon_, load, acked);
  }
  ExpectAckedAreThere(remote_->world, acked);
  remote_->ExpectSettledAndConserved();
  ExpectConsistent(remote_->world);
  ExpectPublishedIsHistory(remote_->world);
}

// The first replica stands still when the peer holds the stock; the second gives its intent up and releases. Whatever
// the first one does when it goes on, there is no order, since there is no hold.
TEST_F(RemoteCrashTest, ReplicaFrozenBetweenReserveAndOrder_IsFencedByTheOneThatRecovers) {
  Start({{"inventory-remote-call-timeout", "20s"}, {"inventory-remote-intent-ttl", "30s"}});
  const Product product = remote_->AddProduct(10);
  const int rule = remote_->peer.Add(support::DropReply(kReserve).Count(1));
  Calls calls(1, [&] { return Create(*daemon_, OrderOf(product, 4)); });
  remote_->peer.AwaitWaiting(rule);
  const std::string id = remote_->OnlyReservation();
  daemon_->process().Stop();
  remote_->peer.Clear(rule);  // the answer is on its way to one who does not read it
  remote_->LetLeftoversAge();
  Daemon other(remote_->Serve());
  other.WaitUntilReady();
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{10, 0, 10}));

  daemon_->process().Continue();
  ExpectUnavailable(calls.Join().front());
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->world.database.QueryNumber("SELECT count(*) FROM orders"), 0);
  EXPECT_THAT(remote_->peer.Reservations(id), ElementsAre(Pair("released", 1)));
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{10, 0, 10}));
}

// Wherever the orders of the first are when it stands still.
TEST_F(RemoteCrashTest, ReplicaFrozenUnderLoadWhileAnotherRecovers_NoOrderWithoutItsHoldAndNoHoldWithoutAnOrder) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  Start({{"database-idle-in-transaction-timeout", "1s"}});
  OrderLoad load(*daemon_, {.products = {remote_->AddProduct(1'000'000)}, .seed = random(), .clients = 12});
  std::optional<Daemon> other;
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(load.AwaitMoreOrders(static_cast<int>(1 + random() % 50)));
    daemon_->process().Stop();
    remote_->LetLeftoversAge();
    other.reset();
    other.emplace(remote_->Serve());
    other->WaitUntilReady();
    EXPECT_TRUE(Eventually([this] { return remote_->Intents() == 0; }, kPatience)) << "they are not given up";
    daemon_->process().Continue();
  }
  EXPECT_TRUE(load.AwaitMoreOrders(10));
  load.Stop();
  ExpectOnlyRetryable(load);
  std::vector<AckedChange> acked = load.acked();
  RepeatUnanswered(*daemon_, load, acked);
  ExpectAckedAreThere(remote_->world, acked);
  remote_->ExpectSettledAndConserved();
  ExpectConsistent(remote_->world);
  ExpectPublishedIsHistory(remote_->world);
}

}  // namespace
}  // namespace logistics::e2e
