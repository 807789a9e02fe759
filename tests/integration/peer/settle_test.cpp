// How the peer settles a reservation: contract §2, points 4, 5, 8 and 10.
#include <future>
#include <optional>

#include "fakes/eventually.hpp"
#include "integration/peer/peer_fixture.hpp"

namespace logistics::peer {
namespace {

using support::PeerLevel;
using support::PeerProduct;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using SettleTest = PeerTest;

TEST_F(SettleTest, Point4_NothingPending_IsInternalAndSaysSo) {
  const PeerProduct product = peer_.AddProduct(10);
  Reserved(ReserveOf("released", {{product, 1}}));
  EXPECT_THAT(Release("released"), CodeIs(grpc::StatusCode::OK));
  Reserved(ReserveOf("committed", {{product, 1}}));
  EXPECT_THAT(Commit("committed"), CodeIs(grpc::StatusCode::OK));
  for (const std::string id : {"released", "committed", "never reserved"}) {
    for (const grpc::Status& status : {Release(id), Commit(id)}) {
      EXPECT_THAT(status, CodeIs(grpc::StatusCode::INTERNAL));
      EXPECT_THAT(status.error_message(), HasSubstr("no pending reservations found for ID: " + id));
    }
  }
  EXPECT_EQ(LevelOf(product), (PeerLevel{9, 0, 9}));
}

TEST_F(SettleTest, Point4_EmptyId_IsInvalidArgument) {
  EXPECT_THAT(Release(""), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_THAT(Commit(""), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
}

// Another settlement is played by a session that takes the same rows the other way round. Postgres ends one of the two;
// it is asked again until that is the peer's.
TEST_F(SettleTest, Point4_TwoSettlementsDeadlock_InternalMeansTryAgain) {
  const PeerProduct first = peer_.AddProduct(100);
  const PeerProduct second = peer_.AddProduct(100);
  std::optional<grpc::Status> deadlocked;
  for (int round = 0; round < 20 && !deadlocked; ++round) {
    const std::string id = "order-" + std::to_string(round);
    Reserved(ReserveOf(id, {{first, 1}, {second, 1}}));
    pqxx::connection connection(database_.url());
    pqxx::work other(connection);
    other.exec("SET LOCAL deadlock_timeout = '10s'");  // so that the peer is the first to find out
    other.exec_params("UPDATE inventory_sync.levels SET last_updated = now() WHERE item_id = $1", second.id);
    auto release = std::async(std::launch::async, [&] { return Release(id); });
    ASSERT_TRUE(fakes::Eventually([&] {
      return database_.QueryNumber(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = "
                 "'Lock'") == 1;
    }));
    try {
      other.exec_params("UPDATE inventory_sync.levels SET last_updated = now() WHERE item_id = $1", first.id);
      other.commit();
    } catch (const pqxx::deadlock_detected&) {
      other.abort();
    }
    const grpc::Status status = release.get();
    if (status.ok()) continue;
    deadlocked = status;
    EXPECT_THAT(Release(id), CodeIs(grpc::StatusCode::OK));
  }
  ASSERT_TRUE(deadlocked);
  EXPECT_THAT(*deadlocked, CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(deadlocked->error_message(), testing::Not(HasSubstr("no pending")));
  EXPECT_THAT(peer_.Drift(), IsEmpty());
}

TEST_F(SettleTest, Point5_CommitTakesFromQuantityAndReserved_AndReleaseReturnsNothingMore) {
  const PeerProduct product = peer_.AddProduct(10);
  Reserved(ReserveOf("order-1", {{product, 3}}));
  EXPECT_THAT(Commit("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product), (PeerLevel{7, 0, 7}));
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_EQ(LevelOf(product), (PeerLevel{7, 0, 7}));
}

TEST_F(SettleTest, Point5_AdjustReturnsStock_AndTwiceTwice) {
  const PeerProduct product = peer_.AddProduct(7);
  EXPECT_THAT(Adjust(product.id, kHome, 3), CodeIs(grpc::StatusCode::OK));
  EXPECT_THAT(Adjust(product.id, kHome, 3), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product), (PeerLevel{13, 0, 13}));
}

TEST_F(SettleTest, Point8_ExpiryIsADayAwayAndNobodySweeps) {
  const PeerProduct product = peer_.AddProduct(10);
  Reserved(ReserveOf("order-1", {{product, 3}}));
  EXPECT_EQ(database_.QueryNumber(
                "SELECT extract(epoch FROM expires_at - created_at)::bigint FROM inventory_sync.reservations"),
            24 * 60 * 60);
  database_.Query("UPDATE inventory_sync.reservations SET expires_at = now() - interval '1 hour'");
  peer_.Crash();
  peer_.Restart();
  EXPECT_THAT(peer_.Reservations("order-1"), UnorderedElementsAre(Pair("pending", 1)));
  channel_ = Connect();
  stub_ = inventory::InventoryService::NewStub(channel_);
  EXPECT_THAT(Commit("order-1"), CodeIs(grpc::StatusCode::OK));
}

TEST_F(SettleTest, Point10_ReleaseChangesEveryLocation) {
  PeerProduct product = peer_.AddProduct(10);
  database_.Query("INSERT INTO inventory_sync.locations (id) VALUES ('" + std::string(kElsewhere) + "')");
  EXPECT_THAT(Adjust(product.id, kElsewhere, 10), CodeIs(grpc::StatusCode::OK));
  Reserved(ReserveOf("order-1", {{product, 3}}));
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, 0, 10}));
  EXPECT_EQ(LevelOf(product, kElsewhere), (PeerLevel{10, -3, 13}));
}

TEST_F(SettleTest, Point10_CommitChangesEveryLocation) {
  const PeerProduct home = peer_.AddProduct(10);
  const PeerProduct product{kUnknownId, "two-places", {{kHome, 10}, {kElsewhere, 10}}};
  peer_.Seed({product});
  Reserved(ReserveOf("order-0", {{product, 3}}));
  EXPECT_THAT(Release("order-0"), CodeIs(grpc::StatusCode::OK));
  Reserved(ReserveOf("order-1", {{product, 3}}));
  EXPECT_THAT(Commit("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product), (PeerLevel{7, 0, 7 + 0}));
  EXPECT_EQ(LevelOf(product, kElsewhere), (PeerLevel{7, -6, 13}));
  EXPECT_EQ(LevelOf(home), (PeerLevel{10, 0, 10}));
}

}  // namespace
}  // namespace logistics::peer
