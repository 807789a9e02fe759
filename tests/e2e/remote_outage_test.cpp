// The Go stand-in hangs, goes away, comes back, or was never there.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <optional>

#include "e2e/history.hpp"
#include "e2e/order_load.hpp"
#include "e2e/remote_world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::PeerLevel;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kBreakerState[] = "logistics_inventory_breaker_state";

bool ReadySays(Daemon& daemon, const std::string& text) {
  return Eventually([&] { return daemon.Get("/readyz").body.find(text) != std::string::npos; }, kPatience);
}

// A killed daemon would stay in the table of replicas for a while, and forbid a switch of the mode.
void StopInOrder(Daemon& daemon) {
  daemon.process().Signal(SIGTERM);
  EXPECT_TRUE(daemon.process().Wait().has_value());
}

class RemoteOutageTest : public testing::Test {
 protected:
  void Start(const Flags& flags = {}) {
    remote_.emplace(flags);
    daemon_.emplace(remote_->Serve());
    daemon_->WaitUntilPublishing();
    EXPECT_TRUE(ReadySays(*daemon_, "inventory: up")) << daemon_->Get("/readyz").body;
  }

  std::optional<RemoteWorld> remote_;
  std::optional<Daemon> daemon_;
};

// A transaction that an order had opened before its reserve was sent would have begun before `then` and be open still.
TEST_F(RemoteOutageTest, PeerHangs_NoTransactionIsOpenAndOtherCallsGoOn) {
  Start({{"inventory-remote-call-timeout", "50s"},
         {"inventory-remote-intent-ttl", "1m"},
         {"inventory-remote-settle-concurrency", "1"}});
  constexpr int kHanging = 8;
  const Product product = remote_->AddProduct(100);
  const Answer before = Create(*daemon_, OrderOf(product));
  ASSERT_TRUE(before.status.ok()) << before.status.error_message();
  const int reserve = remote_->peer.Add(support::Hang(kReserve).Always());
  const int release = remote_->peer.Add(support::Hang("ReleaseReservedStock").Always());
  Calls calls(kHanging, [&] { return Create(*daemon_, OrderOf(product), {"", "", kPatience}); });
  remote_->peer.AwaitWaiting(reserve, kHanging);
  ASSERT_TRUE(Cancel(*daemon_, before.order.id()).status.ok()) << "a cancel does not wait for the peer";
  remote_->peer.AwaitWaiting(release);

  const std::string then = remote_->world.database.Query("SELECT clock_timestamp()")[0][0].c_str();
  const auto open = [&] {
    return remote_->world.database.QueryNumber(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = "
        "'logistics-engine' AND xact_start < '" +
        then + "'");
  };
  EXPECT_TRUE(Eventually([&] { return open() == 0; }));
  EXPECT_EQ(GetOrder(*daemon_, before.order.id()).order.status(), order::ORDER_STATUS_CANCELLED);
  EXPECT_EQ(daemon_->Get("/readyz").status, 200);
  EXPECT_EQ(open(), 0);
  EXPECT_EQ(IdleInTransaction(remote_->world.database), 0);
  EXPECT_EQ(remote_->peer.Waiting(reserve), kHanging) << "they hang still";
  EXPECT_EQ(remote_->peer.Waiting(release), 1);
  remote_->peer.ClearAll();
  for (const Answer& answer : calls.Join()) EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product).reserved, kHanging);
}

TEST_F(RemoteOutageTest, PeerRestartedUnderLoad_OrdersGoOnAndBothSidesAgree) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE("LOGISTICS_TEST_SEED=" + std::to_string(seed));
  Start();
  OrderLoad load(*daemon_, {.products = {remote_->AddProduct(1'000'000), remote_->AddProduct(1'000'000)},
                            .seed = seed,
                            .clients = 8,
                            .lines_max = 2,
                            .pause = absl::Milliseconds(5)});
  EXPECT_TRUE(load.AwaitMoreOrders(50));
  remote_->peer.Crash();
  const int failed = load.failed_calls();
  EXPECT_TRUE(Eventually([&] { return load.failed_calls() >= failed + 20; }, kPatience));
  remote_->peer.Restart();
  EXPECT_TRUE(load.AwaitMoreOrders(50)) << "it does not find back to the peer";
  // A panic in the middle of an order's items ends the peer too.
  remote_->peer.Add(support::CrashAfterCommit(kReserve));
  EXPECT_TRUE(remote_->peer.process().Wait(kPatience).has_value());
  remote_->peer.Restart();
  EXPECT_TRUE(load.AwaitMoreOrders(50)) << "it does not find back to the peer";
  load.Stop();
  ExpectOnlyRetryable(load);
  std::vector<AckedChange> acked = load.acked();
  RepeatUnanswered(*daemon_, load, acked);
  ExpectAckedAreThere(remote_->world, acked);
  remote_->ExpectSettledAndConserved();
  ExpectConsistent(remote_->world);
  ExpectPublishedIsHistory(remote_->world);
}

TEST_F(RemoteOutageTest, AbsentPeer_IsNotAskedWhileTheBreakerIsOpenAndAgainWhenItIsBack) {
  Start();
  const Product product = remote_->AddProduct(100);
  ASSERT_TRUE(Create(*daemon_, OrderOf(product)).status.ok());
  EXPECT_EQ(daemon_->Metric(kBreakerState), 0);
  remote_->peer.Crash();
  EXPECT_TRUE(Eventually(
      [&] {
        ExpectUnavailable(Create(*daemon_, OrderOf(product)));
        return daemon_->Metric("logistics_inventory_breaker_refused_total") > 0;
      },
      kPatience));
  EXPECT_GE(daemon_->Metric("logistics_inventory_breaker_transitions_total{to=\"open\"}"), 1);
  EXPECT_THAT(daemon_->Log(), HasSubstr("inventory breaker opens"));
  EXPECT_TRUE(ReadySays(*daemon_, "inventory: degraded"));
  EXPECT_EQ(daemon_->Get("/readyz").status, 200) << "all but new orders goes on";

  remote_->peer.Restart();
  EXPECT_TRUE(Eventually([&] { return daemon_->Metric(kBreakerState) == 0; }, kPatience));
  EXPECT_GE(daemon_->Metric("logistics_inventory_breaker_transitions_total{to=\"half_open\"}"), 1);
  EXPECT_GE(daemon_->Metric("logistics_inventory_breaker_transitions_total{to=\"closed\"}"), 1);
  EXPECT_TRUE(ReadySays(*daemon_, "inventory: up"));
  EXPECT_TRUE(Create(*daemon_, OrderOf(product)).status.ok());
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{100, 2, 98}));
}

TEST_F(RemoteOutageTest, PeerAwayAtStart_ServesSaysSoAndConnectsWhenItComes) {
  remote_.emplace();
  const Product product = remote_->AddProduct(10);
  remote_->peer.Crash();
  daemon_.emplace(remote_->Serve());
  daemon_->WaitUntilReady();
  EXPECT_TRUE(ReadySays(*daemon_, "inventory: degraded"));
  EXPECT_THAT(daemon_->Get("/readyz").body, HasSubstr(remote_->peer.address()));
  ExpectUnavailable(Create(*daemon_, OrderOf(product)));
  EXPECT_EQ(GetOrder(*daemon_, NewUuid()).status.error_code(), grpc::StatusCode::NOT_FOUND);
  remote_->peer.Restart();
  EXPECT_TRUE(ReadySays(*daemon_, "inventory: up")) << daemon_->Get("/readyz").body;
  EXPECT_TRUE(Eventually([&] { return Create(*daemon_, OrderOf(product)).status.ok(); }, kPatience));
  remote_->ExpectSettledAndConserved();
}

// Some gRPC server, but not this service's.
TEST(RemoteStartTest, WrongPeer_IsSaidAndNeverAskedToHold) {
  const World world;
  order::OrderService::Service another;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&another);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  support::Command command = world.Serve();
  command.env["INVENTORY_SERVICE_URL"] = "http://127.0.0.1:" + std::to_string(port);
  Daemon daemon(command);
  daemon.WaitUntilReady();
  EXPECT_TRUE(ReadySays(daemon, "is the wrong peer")) << daemon.Get("/readyz").body;
  EXPECT_THAT(daemon.Get("/readyz").body, HasSubstr("INVENTORY_SERVICE_URL"));
  ExpectUnavailable(Create(daemon, OrderOf({NewUuid(), ""})));
}

TEST(RemoteStartTest, OtherModeOnTheSameDatabase_IsRefusedUntilItIsMeant) {
  RemoteWorld remote;
  Daemon daemon(remote.Serve());
  daemon.WaitUntilReady();
  const support::Finished refused = support::RunToEnd(remote.world.Serve());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, AllOf(HasSubstr("inventory.switch_mode"), HasSubstr("remote"), HasSubstr("embedded")));
  remote.world.flags["inventory-switch-mode"] = "true";
  EXPECT_THAT(support::RunToEnd(remote.world.Serve()).out, HasSubstr("runs with remote inventory")) << "it lives";
  StopInOrder(daemon);
  Daemon embedded(remote.world.Serve());
  embedded.WaitUntilReady();
  EXPECT_THAT(embedded.Log(), HasSubstr("inventory mode switched from remote to embedded"));
  EXPECT_TRUE(Create(embedded, OrderOf(AddProduct(embedded, 5))).status.ok());
}

TEST(RemoteStartTest, OrdersThatHoldStockAtThePeer_AreSettledThereThoughTheDaemonKeepsStockNow) {
  RemoteWorld remote;
  const Product product = remote.AddProduct(10);
  Answer cancelled;
  Answer shipped;
  {
    Daemon daemon(remote.Serve());
    daemon.WaitUntilReady();
    EXPECT_TRUE(Eventually([&] { return ReadySays(daemon, "inventory: up"); }));
    cancelled = Create(daemon, OrderOf(product, 2));
    shipped = Create(daemon, OrderOf(product, 3));
    ASSERT_TRUE(cancelled.status.ok() && shipped.status.ok()) << cancelled.status.error_message();
    remote.ExpectSettledAndConserved();
    StopInOrder(daemon);
  }
  remote.world.flags["inventory-switch-mode"] = "true";
  const support::Finished refused = support::RunToEnd(remote.world.Serve());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out, HasSubstr("inventory.settle_url"));
  remote.world.flags["inventory-settle-url"] = remote.peer.url();
  Daemon embedded(remote.world.Serve());
  embedded.WaitUntilReady();
  ASSERT_TRUE(Cancel(embedded, cancelled.order.id()).status.ok());
  ASSERT_TRUE(ChangeStatus(embedded, shipped.order.id(), order::ORDER_STATUS_PROCESSING).status.ok());
  ASSERT_TRUE(ChangeStatus(embedded, shipped.order.id(), order::ORDER_STATUS_SHIPPED).status.ok());
  remote.ExpectSettledAndConserved();
  EXPECT_EQ(remote.LevelOf(product), (PeerLevel{7, 0, 7}));
  EXPECT_TRUE(Create(embedded, OrderOf(AddProduct(embedded, 5))).status.ok()) << "new stock is the daemon's own";
}

TEST(RemoteStartTest, OrdersInOurBooks_EndThereThoughAPeerKeepsStockNow) {
  RemoteWorld remote;
  Answer made;
  {
    Daemon embedded(remote.world.Serve());
    embedded.WaitUntilReady();
    made = Create(embedded, OrderOf(AddProduct(embedded, 5), 2));
    ASSERT_TRUE(made.status.ok()) << made.status.error_message();
    StopInOrder(embedded);
  }
  remote.world.flags["inventory-switch-mode"] = "true";
  Daemon daemon(remote.Serve());
  daemon.WaitUntilReady();
  ASSERT_TRUE(Cancel(daemon, made.order.id()).status.ok());
  EXPECT_EQ(remote.world.database.QueryNumber("SELECT quantity - reserved FROM stock_levels"), 5);
  EXPECT_EQ(remote.Settlements(), 0);
}

// Each start of the real service drops its levels and reservations (contract §2, point 15).
TEST(PeerThatForgetsTest, OrdersOfBefore_AreSettledOnceAndSaidSo) {
  RemoteWorld remote({{"inventory-remote-remember-for", "100ms"}}, {{"forget", "true"}});
  const support::PeerProduct product = remote.peer.AddProduct(10);
  const Product wanted{product.id, product.sku};
  Daemon daemon(remote.Serve());
  daemon.WaitUntilReady();
  EXPECT_TRUE(Eventually([&] { return ReadySays(daemon, "inventory: up"); }));
  const Answer cancelled = Create(daemon, OrderOf(wanted, 2));
  const Answer shipped = Create(daemon, OrderOf(wanted, 3));
  const Answer kept = Create(daemon, OrderOf(wanted, 1));
  ASSERT_TRUE(cancelled.status.ok() && shipped.status.ok() && kept.status.ok());
  EXPECT_EQ(remote.LevelOf(wanted), (PeerLevel{10, 6, 4}));

  remote.peer.Crash();
  remote.peer.Restart();
  EXPECT_EQ(remote.peer.Level(product.id), std::nullopt);
  EXPECT_TRUE(Eventually([&] { return ReadySays(daemon, "inventory: up"); }));
  const auto reconcile = [&] {
    return support::RunToEnd(
        {{LOGISTICS_BINARY_DIR "/logisticsctl", "--address", daemon.address(), "inventory", "reconcile"}, {}});
  };
  const support::Finished compared = reconcile();
  EXPECT_EQ(compared.exit_code, 4) << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("no level"));

  const Answer unknown = Create(daemon, OrderOf(wanted));
  EXPECT_EQ(unknown.status.error_code(), grpc::StatusCode::NOT_FOUND) << unknown.status.error_message();
  EXPECT_THAT(unknown.status.error_message(), HasSubstr(product.id));

  remote.peer.Seed({product});
  ASSERT_TRUE(Cancel(daemon, cancelled.order.id()).status.ok());
  ASSERT_TRUE(ChangeStatus(daemon, shipped.order.id(), order::ORDER_STATUS_PROCESSING).status.ok());
  ASSERT_TRUE(ChangeStatus(daemon, shipped.order.id(), order::ORDER_STATUS_SHIPPED).status.ok());
  EXPECT_TRUE(Eventually([&] { return remote.Settlements() == 0; }));
  EXPECT_EQ(remote.peer.Calls(kRelease, cancelled.order.id()), 1) << "no loop";
  EXPECT_EQ(remote.peer.Calls(kCommit, shipped.order.id()), 1);
  for (const Answer* one : {&cancelled, &shipped}) {
    EXPECT_TRUE(Eventually(
        [&] { return daemon.Log().find("holds nothing of reservation " + one->order.id()) != std::string::npos; }));
  }
  EXPECT_EQ(remote.LevelOf(wanted), (PeerLevel{10, 0, 10})) << "what shipped is for the owner to count out";
  const support::Finished after = reconcile();
  EXPECT_EQ(after.exit_code, 4);
  EXPECT_THAT(after.out, HasSubstr(product.id)) << "the order that is kept holds nothing there";
  EXPECT_TRUE(Create(daemon, OrderOf(wanted, 4)).status.ok()) << "and new orders are made";
}

}  // namespace
}  // namespace logistics::e2e
