// How the peer reserves: contract §2, points 1, 2, 3, 7, 11 and 12.
#include <future>

#include "integration/peer/peer_fixture.hpp"

namespace logistics::peer {
namespace {

using support::HangAfterItems;
using support::LateHold;
using support::PeerLevel;
using support::PeerProduct;
using support::PeerSwitch;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using ReserveTest = PeerTest;

TEST_F(ReserveTest, Point1_ReservationIdIsTheOrderId) {
  const PeerProduct product = peer_.AddProduct(10);
  const auto response = Reserved(ReserveOf("order-1", {{product, 3}}));
  EXPECT_TRUE(response.success());
  EXPECT_EQ(response.reservation_id(), "order-1");
  ASSERT_EQ(response.items_size(), 1);
  EXPECT_TRUE(response.items(0).in_stock());
  EXPECT_EQ(response.items(0).sku(), product.sku);
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, 3, 7}));
  EXPECT_THAT(peer_.Drift(), IsEmpty());
}

TEST_F(ReserveTest, Point1_WithoutOrderId_AnIdIsMade) {
  const PeerProduct product = peer_.AddProduct(10);
  const auto response = Reserved(ReserveOf("", {{product, 3}}));
  EXPECT_EQ(response.reservation_id().size(), std::string(kUnknownId).size());
  EXPECT_THAT(peer_.Reservations(response.reservation_id()), UnorderedElementsAre(Pair("pending", 1)));
}

TEST_F(ReserveTest, Point2_OneItemShort_LeavesTheOthersHeld) {
  const PeerProduct first = peer_.AddProduct(10);
  const PeerProduct shorted = peer_.AddProduct(1);
  const PeerProduct last = peer_.AddProduct(10);
  const auto response = Reserved(ReserveOf("order-1", {{first, 2}, {shorted, 2}, {last, 2}}));
  EXPECT_FALSE(response.success());
  ASSERT_EQ(response.items_size(), 3);
  EXPECT_FALSE(response.items(1).in_stock());
  EXPECT_EQ(response.items(1).available_quantity(), 1);
  EXPECT_THAT(response.items(1).error_message(), HasSubstr("insufficient"));
  EXPECT_EQ(LevelOf(first).reserved, 2);
  EXPECT_EQ(LevelOf(shorted).reserved, 0);
  EXPECT_EQ(LevelOf(last).reserved, 2);
  EXPECT_THAT(peer_.Reservations("order-1"), UnorderedElementsAre(Pair("pending", 2)));
}

TEST_F(ReserveTest, Point2_ItemThatLostARace_SaysInStockWithAnError) {
  const PeerProduct product = peer_.AddProduct(5);
  PeerSwitch look = support::Hang("CheckAndReserveStock");
  look.at = "after_check";
  const int id = peer_.Add(look);
  auto loser = std::async(std::launch::async, [&] { return Reserved(ReserveOf("loser", {{product, 5}})); });
  peer_.AwaitWaiting(id);
  EXPECT_TRUE(Reserved(ReserveOf("winner", {{product, 5}})).success());
  peer_.Clear(id);
  const auto response = loser.get();
  EXPECT_FALSE(response.success());
  ASSERT_EQ(response.items_size(), 1);
  EXPECT_TRUE(response.items(0).in_stock());
  EXPECT_FALSE(response.items(0).error_message().empty());
  EXPECT_THAT(peer_.Drift(), IsEmpty());
}

TEST_F(ReserveTest, Point2_CallCutInTheMiddle_LeavesTheFirstItemHeld) {
  const PeerProduct first = peer_.AddProduct(10);
  const PeerProduct second = peer_.AddProduct(10);
  ReserveAndGiveUp(ReserveOf("order-1", {{first, 1}, {second, 1}}), HangAfterItems(1));
  EXPECT_EQ(LevelOf(first).reserved, 1);
  EXPECT_EQ(LevelOf(second).reserved, 0);
}

TEST_F(ReserveTest, Point3_SameOrderIdAgain_HoldsAgain) {
  const PeerProduct product = peer_.AddProduct(10);
  Reserved(ReserveOf("order-1", {{product, 3}}));
  EXPECT_TRUE(Reserved(ReserveOf("order-1", {{product, 3}})).success());
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, 6, 4}));
  // One release returns all that is pending under the id.
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, 0, 10}));
}

TEST_F(ReserveTest, Point7_WarehouseThatIsNoUuid_IsInvalidArgument) {
  const PeerProduct product = peer_.AddProduct(10);
  EXPECT_THAT(Reserve(ReserveOf("o", {{product, 1}}, "")), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_THAT(Reserve(ReserveOf("o", {{product, 1}}, "main")), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(LevelOf(product).reserved, 0);
}

TEST_F(ReserveTest, Point7_UnknownOrMalformedProduct_IsAnErrorMessage) {
  for (const std::string& id : {std::string(kUnknownId), std::string("banana")}) {
    const auto response = Reserved(ReserveOf("order-1", {{PeerProduct{id, "", {}}, 1}}));
    EXPECT_FALSE(response.success());
    ASSERT_EQ(response.items_size(), 1);
    EXPECT_FALSE(response.items(0).in_stock());
    EXPECT_FALSE(response.items(0).error_message().empty());
  }
}

TEST_F(ReserveTest, Point7_NeitherIdNorSku_IsInvalidArgumentAfterTheEarlierItemsAreHeld) {
  const PeerProduct product = peer_.AddProduct(10);
  EXPECT_THAT(Reserve(ReserveOf("order-1", {{product, 2}, {PeerProduct{}, 1}})),
              CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(LevelOf(product).reserved, 2);
}

TEST_F(ReserveTest, Point7_SkuAlone_FindsTheItem) {
  const PeerProduct product = peer_.AddProduct(10);
  auto request = ReserveOf("order-1", {{PeerProduct{}, 2}});
  request.mutable_items(0)->set_sku(product.sku);
  EXPECT_EQ(Reserved(request).items(0).product_id(), product.id);
  EXPECT_EQ(LevelOf(product).reserved, 2);
}

TEST_F(ReserveTest, Point11_ReleaseFindsNothing_ThenTheHoldLands) {
  const PeerProduct product = peer_.AddProduct(10);
  ReserveAndGiveUp(ReserveOf("order-1", {{product, 3}}), LateHold());
  EXPECT_EQ(LevelOf(product).reserved, 0);
  const grpc::Status first = Release("order-1");
  EXPECT_THAT(first, CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(first.error_message(), HasSubstr("no pending reservations found for ID: order-1"));
  EXPECT_EQ(LevelOf(product).reserved, 3);
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, 0, 10}));
}

TEST_F(ReserveTest, Point11_ReleaseComesBetweenTwoItems_SaysSuccess_ThenTheSecondLands) {
  const PeerProduct first = peer_.AddProduct(10);
  const PeerProduct second = peer_.AddProduct(10);
  peer_.Add(LateHold(2, "UNAVAILABLE"));
  EXPECT_THAT(Reserve(ReserveOf("order-1", {{first, 1}, {second, 1}})), CodeIs(grpc::StatusCode::UNAVAILABLE));
  EXPECT_EQ(LevelOf(first).reserved, 1);
  EXPECT_EQ(LevelOf(second).reserved, 0);
  EXPECT_THAT(Release("order-1"), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(first).reserved, 0);
  EXPECT_EQ(LevelOf(second).reserved, 1);
}

TEST_F(ReserveTest, Point12_NegativeQuantity_MakesStockAppear) {
  const PeerProduct product = peer_.AddProduct(10);
  EXPECT_TRUE(Reserved(ReserveOf("order-1", {{product, -4}})).success());
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, -4, 14}));
  EXPECT_THAT(peer_.Drift(), testing::SizeIs(1));
}

TEST_F(ReserveTest, Point12_ZeroAndNoItemsAtAll_AreSuccesses) {
  const PeerProduct product = peer_.AddProduct(10);
  EXPECT_TRUE(Reserved(ReserveOf("order-1", {{product, 0}})).success());
  EXPECT_TRUE(Reserved(ReserveOf("order-2", {})).success());
  EXPECT_EQ(LevelOf(product), (PeerLevel{10, 0, 10}));
}

}  // namespace
}  // namespace logistics::peer
