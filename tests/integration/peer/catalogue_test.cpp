// What the peer says of its items and levels: contract §2, points 6, 7 and 13.
#include "integration/peer/peer_fixture.hpp"

namespace logistics::peer {
namespace {

using support::PeerLevel;
using support::PeerProduct;
using testing::IsEmpty;
using testing::SizeIs;

class CatalogueTest : public PeerTest {
 protected:
  CatalogueTest() { peer_.Seed({both_, home_}); }

  const PeerProduct both_{"11111111-0000-4000-8000-000000000001", "both", {{kHome, 10}, {kElsewhere, 20}}};
  const PeerProduct home_{"11111111-0000-4000-8000-000000000002", "home", {{kHome, 30}}};
};

TEST_F(CatalogueTest, Point6_LevelsOfTheFirstItemAndTheFirstLocationOnly) {
  const auto first_item = Levels({both_.id, home_.id}, {});
  ASSERT_THAT(first_item, SizeIs(2));
  for (const auto& level : first_item) EXPECT_EQ(level.item_id(), both_.id);
  const auto first_location = Levels({}, {kElsewhere, kHome});
  ASSERT_THAT(first_location, SizeIs(1));
  EXPECT_EQ(first_location[0].location_id(), kElsewhere);
  const auto one = Levels({both_.id, home_.id}, {kHome, kElsewhere});
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_EQ(one[0].quantity(), 10);
  EXPECT_EQ(one[0].available(), 10);
}

TEST_F(CatalogueTest, Point6_EmptyRequest_IsEveryLevel) { EXPECT_THAT(Levels({}, {}), SizeIs(3)); }

TEST_F(CatalogueTest, Point6_ProductWithoutALevelThere_HasNoneAvailable) {
  EXPECT_THAT(Levels({home_.id}, {kElsewhere}), IsEmpty());
  const auto response = Reserved(ReserveOf("order-1", {{home_, 1}}, kElsewhere));
  EXPECT_FALSE(response.success());
  EXPECT_FALSE(response.items(0).in_stock());
  EXPECT_EQ(response.items(0).available_quantity(), 0);
}

TEST_F(CatalogueTest, Point7_IdsThatAreNoUuids_AreInvalidArgument) {
  EXPECT_THAT(Adjust("", kHome, 1), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_THAT(Adjust("banana", kHome, 1), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_THAT(Adjust(home_.id, "", 1), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_THAT(Adjust(home_.id, "main", 1), CodeIs(grpc::StatusCode::INVALID_ARGUMENT));
}

TEST_F(CatalogueTest, Point13_CreateItemIsInternalForEverybodyAndLeavesNothing) {
  for (const char* location : {"", kHome}) {
    grpc::ClientContext context;
    SetDeadline(context);
    inventory::CreateItemRequest request;
    request.set_sku("new");
    request.set_name("new");
    request.set_location_id(location);
    inventory::ItemResponse response;
    EXPECT_THAT(stub_->CreateItem(&context, request, &response), CodeIs(grpc::StatusCode::INTERNAL));
  }
  EXPECT_EQ(database_.QueryNumber("SELECT count(*) FROM inventory_sync.items WHERE sku = 'new'"), 0);
}

TEST_F(CatalogueTest, Point13_AdjustWantsItemAndLocationToExist_AndMakesTheLevel) {
  EXPECT_THAT(Adjust(kUnknownId, kHome, 1), CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(Adjust(home_.id, kUnknownId, 1), CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(Adjust(home_.id, kElsewhere, 5), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(LevelOf(home_, kElsewhere), (PeerLevel{5, 0, 5}));
  EXPECT_THAT(Adjust(home_.id, kElsewhere, -6), CodeIs(grpc::StatusCode::INTERNAL));
  EXPECT_EQ(LevelOf(home_, kElsewhere), (PeerLevel{5, 0, 5}));
}

TEST_F(CatalogueTest, Point13_GetItem) {
  const auto get = [&](const std::string& id, inventory::ItemResponse& response) {
    grpc::ClientContext context;
    SetDeadline(context);
    inventory::GetItemRequest request;
    request.set_id(id);
    return stub_->GetItem(&context, request, &response);
  };
  inventory::ItemResponse response;
  EXPECT_THAT(get(home_.id, response), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(response.item().sku(), "home");
  EXPECT_THAT(get(kUnknownId, response), CodeIs(grpc::StatusCode::NOT_FOUND));
}

TEST_F(CatalogueTest, ListItems_GivesPages) {
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::ListItemsRequest request;
  request.set_page(2);
  request.set_page_size(1);
  inventory::ListItemsResponse response;
  EXPECT_THAT(stub_->ListItems(&context, request, &response), CodeIs(grpc::StatusCode::OK));
  EXPECT_EQ(response.total(), 2);
  ASSERT_EQ(response.items_size(), 1);
  EXPECT_EQ(response.items(0).id(), home_.id);
}

TEST_F(CatalogueTest, Point13_StreamSendsEveryLevelOnceWhateverTheFilterAndThenNothing) {
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::StreamInventoryUpdatesRequest request;
  request.add_item_ids(home_.id);
  request.add_location_ids(kHome);
  const auto stream = stub_->StreamInventoryUpdates(&context, request);
  inventory::InventoryUpdateEvent event;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Read(&event));
    EXPECT_EQ(event.event_type(), "initial");
  }
  EXPECT_THAT(Adjust(home_.id, kHome, 1), CodeIs(grpc::StatusCode::OK));
  // Nothing follows and the stream stays open: the next that it tells is its end, which is ours.
  context.TryCancel();
  EXPECT_FALSE(stream->Read(&event));
  EXPECT_THAT(stream->Finish(), CodeIs(grpc::StatusCode::CANCELLED));
}

}  // namespace
}  // namespace logistics::peer
