// An order whose stock another service keeps, on the built binary beside the Go stand-in.
#include <gmock/gmock.h>

#include <optional>

#include "e2e/history.hpp"
#include "e2e/remote_world.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::PeerLevel;
using support::PeerSwitch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class RemoteSagaTest : public testing::Test {
 protected:
  void Start(const Flags& flags = {}) {
    remote_.emplace(flags);
    daemon_.emplace(remote_->Serve());
    daemon_->WaitUntilPublishing();
    EXPECT_TRUE(Eventually([this] { return daemon_->Get("/readyz").body.find("inventory: up") != std::string::npos; }))
        << daemon_->Get("/readyz").body;
  }
  void TearDown() override { daemon_->Stop(); }
  std::int64_t Orders() const { return remote_->world.database.QueryNumber("SELECT count(*) FROM orders"); }

  std::optional<RemoteWorld> remote_;
  std::optional<Daemon> daemon_;
};

TEST_F(RemoteSagaTest, PartOfTheStockIsThere_RefusedWithItsItemsAndNothingStaysHeld) {
  Start();
  const Product plenty = remote_->AddProduct(10);
  const Product scarce = remote_->AddProduct(1);
  order::CreateOrderRequest request = OrderOf(plenty, 3);
  *request.add_items() = OrderOf(scarce, 2).items(0);
  const Answer answer = Create(*daemon_, request);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << answer.status.error_message();
  EXPECT_THAT(answer.status.error_message(), HasSubstr(scarce.sku));
  remote_->ExpectSettledAndConserved();
  const std::string id = remote_->OnlyReservation();
  EXPECT_THAT(remote_->peer.Reservations(id), ElementsAre(Pair("released", 1))) << "a part of it was held";
  EXPECT_EQ(remote_->peer.Calls(kRelease, id), 1) << "the peer answered: once is enough";
  EXPECT_EQ(remote_->LevelOf(plenty), (PeerLevel{10, 0, 10}));
  EXPECT_EQ(Orders(), 0);
}

// Each way in which a reserve can go without its answer: nothing, a part or all of it is held meanwhile.
TEST_F(RemoteSagaTest, ReserveWithoutAnAnswer_IsReleasedTwiceNeverRepeatedAndTheKeyMakesOneOrder) {
  Start();
  const Product first = remote_->AddProduct(100);
  const Product second = remote_->AddProduct(100);
  const std::vector<std::pair<const char*, PeerSwitch>> ways = {
      {"the reply is dropped", support::DropReply(kReserve)},
      {"it hangs before the work", support::Hang(kReserve)},
      {"it hangs with one of two items held", support::HangAfterItems(1)},
      {"the connection is cut after the work", support::CutReply(kReserve)},
      {"UNAVAILABLE", support::Fail(kReserve, "UNAVAILABLE")},
      {"INTERNAL", support::Fail(kReserve, "INTERNAL")},
      {"all of it lands after the release", support::LateHold()},
      {"a part of it lands after the release", support::LateHold(2, "UNAVAILABLE")},
  };
  std::vector<std::string> lost;
  for (const auto& [what, way] : ways) {
    SCOPED_TRACE(what);
    order::CreateOrderRequest request = OrderOf(first, 2);
    *request.add_items() = OrderOf(second, 3).items(0);
    request.set_idempotency_key(NewUuid());
    const int rule = remote_->peer.Add(way.Count(1));
    const std::int64_t reserves = remote_->peer.Calls(kReserve);
    ExpectUnavailable(Create(*daemon_, request));
    EXPECT_EQ(remote_->peer.Hits(rule), 1);
    EXPECT_EQ(remote_->peer.Calls(kReserve), reserves + 1) << "it is never said twice";
    lost.push_back(
        remote_->world.database.Query("SELECT id FROM reservations ORDER BY created_at DESC LIMIT 1")[0][0].c_str());

    const Answer made = Create(*daemon_, request);
    ASSERT_TRUE(made.status.ok()) << made.status.error_message();
    EXPECT_NE(made.order.id(), lost.back()) << "a new try has a new id";
    EXPECT_EQ(Create(*daemon_, request).order.id(), made.order.id());
    EXPECT_EQ(remote_->peer.Calls(kReserve), reserves + 2);
  }
  remote_->ExpectSettledAndConserved();
  const auto orders = static_cast<std::int64_t>(ways.size());
  EXPECT_EQ(Orders(), orders);
  EXPECT_EQ(remote_->LevelOf(first), (PeerLevel{100, 2 * orders, 100 - 2 * orders}));
  EXPECT_EQ(remote_->LevelOf(second), (PeerLevel{100, 3 * orders, 100 - 3 * orders}));
  for (std::size_t i = 0; i < ways.size(); ++i) {
    EXPECT_GE(remote_->peer.Calls(kRelease, lost[i]), 2) << ways[i].first;
  }
}

// Callers with the same key at the same time: one of them asks the peer, the others wait for what becomes of it.
TEST_F(RemoteSagaTest, KeyRepeatedWhileItsOrderIsInTheMaking_MakesOneOrder) {
  Start({{"inventory-remote-call-timeout", "20s"}, {"inventory-remote-intent-ttl", "30s"}});
  const Product product = remote_->AddProduct(10);
  order::CreateOrderRequest request = OrderOf(product, 2);
  request.set_idempotency_key(NewUuid());
  const int rule = remote_->peer.Add(support::Hang(kReserve).Count(1));
  Calls same(4, [&] { return Create(*daemon_, request); });
  remote_->peer.AwaitWaiting(rule);
  EXPECT_EQ(remote_->Intents(), 1);
  remote_->peer.Clear(rule);
  for (const Answer& answer : same.Join()) {
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_EQ(answer.order.id(), same.Join().front().order.id());
  }
  EXPECT_EQ(remote_->peer.Calls(kReserve), 1);
  EXPECT_EQ(Orders(), 1);
  remote_->ExpectSettledAndConserved();
}

TEST_F(RemoteSagaTest, CancelReleases_ShipCommits_AndTheMeshHearsIt) {
  Start();
  const Product product = remote_->AddProduct(10);
  const Answer cancelled = Create(*daemon_, OrderOf(product, 4));
  ASSERT_TRUE(cancelled.status.ok()) << cancelled.status.error_message();
  order::CreateOrderRequest by_sku = OrderOf(product, 3);
  by_sku.mutable_items(0)->clear_product_id();
  by_sku.mutable_items(0)->set_sku(product.sku);
  const Answer shipped = Create(*daemon_, by_sku);
  ASSERT_TRUE(shipped.status.ok()) << shipped.status.error_message();
  EXPECT_EQ(shipped.order.items(0).product_id(), product.id);
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{10, 7, 3}));

  ASSERT_TRUE(Cancel(*daemon_, cancelled.order.id()).status.ok());
  ASSERT_TRUE(ChangeStatus(*daemon_, shipped.order.id(), order::ORDER_STATUS_PROCESSING).status.ok());
  ASSERT_TRUE(ChangeStatus(*daemon_, shipped.order.id(), order::ORDER_STATUS_SHIPPED).status.ok());
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{7, 0, 7}));
  EXPECT_EQ(remote_->peer.Calls(kRelease, shipped.order.id()), 0);
  EXPECT_EQ(remote_->peer.Calls(kCommit, cancelled.order.id()), 0);
  ExpectConsistent(remote_->world);
  ExpectPublishedIsHistory(remote_->world);
}

TEST_F(RemoteSagaTest, CommittedAtOnce_CancelRestocksOnceAndARestockWithoutAnAnswerIsInDoubt) {
  Start({{"inventory-commit-on", "created"}});
  const Product product = remote_->AddProduct(10);
  const Answer answered = Create(*daemon_, OrderOf(product, 4));
  ASSERT_TRUE(answered.status.ok()) << answered.status.error_message();
  EXPECT_TRUE(Eventually([&] { return remote_->LevelOf(product) == PeerLevel{6, 0, 6}; }, kPatience));
  ASSERT_TRUE(Cancel(*daemon_, answered.order.id()).status.ok());
  ASSERT_TRUE(Cancel(*daemon_, answered.order.id()).status.ok()) << "said twice, done once";
  remote_->ExpectSettledAndConserved();
  EXPECT_EQ(remote_->LevelOf(product), (PeerLevel{10, 0, 10}));
  EXPECT_EQ(remote_->peer.Calls(kAdjust), 1);

  const Answer in_doubt = Create(*daemon_, OrderOf(product, 3));
  ASSERT_TRUE(in_doubt.status.ok()) << in_doubt.status.error_message();
  remote_->peer.Add(support::DropReply(kAdjust));
  ASSERT_TRUE(Cancel(*daemon_, in_doubt.order.id()).status.ok());
  remote_->ExpectSettledAndConserved();  // nothing is left that could be said again
  EXPECT_EQ(remote_->peer.Calls(kAdjust), 2);
  EXPECT_EQ(remote_->LevelOf(product).quantity, 10) << "it was done, which nobody could know";
  const pqxx::result listed =
      remote_->world.database.Query("SELECT reservation_id, sku, quantity FROM restocks_in_doubt");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0][0].c_str(), in_doubt.order.id());
  EXPECT_EQ(listed[0][1].c_str(), product.sku);
  EXPECT_EQ(listed[0][2].as<int>(), 3);
  EXPECT_TRUE(Eventually([this] { return daemon_->Metric("logistics_restocks_in_doubt") == 1; }));
}

TEST_F(RemoteSagaTest, WaitsTooLong_IsCancelledAndReleased) {
  Start({{"inventory-reservation-ttl", "2s"}});
  const Product product = remote_->AddProduct(10);
  const Answer waiting = Create(*daemon_, OrderOf(product, 2));
  const Answer moved_on = Create(*daemon_, OrderOf(product, 1));
  ASSERT_TRUE(ChangeStatus(*daemon_, moved_on.order.id(), order::ORDER_STATUS_PROCESSING).status.ok());
  EXPECT_TRUE(Eventually([&] { return remote_->LevelOf(product).reserved == 1; }, kPatience));
  EXPECT_EQ(GetOrder(*daemon_, waiting.order.id()).order.status(), order::ORDER_STATUS_CANCELLED);
  EXPECT_EQ(GetOrder(*daemon_, moved_on.order.id()).order.status(), order::ORDER_STATUS_PROCESSING);
  remote_->ExpectSettledAndConserved();
  ExpectConsistent(remote_->world);
  ExpectPublishedIsHistory(remote_->world);
}

}  // namespace
}  // namespace logistics::e2e
