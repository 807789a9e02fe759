// What the daemon's own inventory port answers where the Go stand-in keeps the stock, and what it will not sell from
// it.
#include <gmock/gmock.h>

#include "absl/time/clock.h"
#include "e2e/remote_world.hpp"

namespace logistics::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Stub = inventory::InventoryService::Stub;

constexpr char kOtherWarehouse[] = "00000000-0000-0000-0000-000000000002";

template <typename Request, typename Response>
grpc::Status Ask(Daemon& daemon, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request, Response* response = nullptr) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  Response ignored;
  return (daemon.inventory().*method)(&context, request, response == nullptr ? &ignored : response);
}

class RemotePortTest : public testing::Test {
 protected:
  RemotePortTest() { daemon_.WaitUntilReady(); }

  void ExpectNamesThePeer(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(remote_.peer.address()));
  }

  RemoteWorld remote_;
  Daemon daemon_{remote_.Serve()};
};

TEST_F(RemotePortTest, ReadsAreThePeersAndWritesNameIt) {
  const Product first = remote_.AddProduct(10);
  const Product second = remote_.AddProduct(20);
  ASSERT_TRUE(Create(daemon_, OrderOf(second, 5)).status.ok());

  inventory::GetInventoryLevelsRequest levels;
  levels.add_item_ids(first.id);
  levels.add_item_ids(second.id);  // the peer itself looks at the first one only
  inventory::GetInventoryLevelsResponse found;
  ASSERT_TRUE(Ask(daemon_, &Stub::GetInventoryLevels, levels, &found).ok());
  std::map<std::string, std::int64_t> available;
  for (const inventory::InventoryLevel& level : found.levels()) available[level.item_id()] = level.available();
  EXPECT_EQ(available, (std::map<std::string, std::int64_t>{{first.id, 10}, {second.id, 15}}));
  inventory::GetItemRequest get;
  get.set_id(first.id);
  inventory::ItemResponse item;
  ASSERT_TRUE(Ask(daemon_, &Stub::GetItem, get, &item).ok());
  EXPECT_EQ(item.item().sku(), first.sku);
  get.set_id(NewUuid());
  EXPECT_EQ(Ask(daemon_, &Stub::GetItem, get, &item).error_code(), grpc::StatusCode::NOT_FOUND);
  inventory::ListItemsRequest list;
  list.set_page(1);
  list.set_page_size(1);
  inventory::ListItemsResponse items;
  ASSERT_TRUE(Ask(daemon_, &Stub::ListItems, list, &items).ok());
  EXPECT_EQ(items.items_size(), 1);
  EXPECT_EQ(items.total(), 2);

  inventory::CreateItemRequest create;
  create.set_sku("SKU-1");
  ExpectNamesThePeer(Ask(daemon_, &Stub::CreateItem, create));
  inventory::AdjustInventoryRequest adjust;
  adjust.set_item_id(first.id);
  adjust.set_quantity(1);
  ExpectNamesThePeer(Ask(daemon_, &Stub::AdjustInventory, adjust));
  inventory::StockReservationRequest reserve;
  reserve.set_order_id(NewUuid());
  reserve.set_warehouse_id(support::kPeerWarehouse);
  reserve.add_items()->set_product_id(first.id);
  reserve.mutable_items(0)->set_quantity(1);
  ExpectNamesThePeer(Ask(daemon_, &Stub::CheckAndReserveStock, reserve));
  inventory::ReleaseStockRequest release;
  release.set_reservation_id(NewUuid());
  ExpectNamesThePeer(Ask(daemon_, &Stub::ReleaseReservedStock, release));
  inventory::CommitReservationRequest commit;
  commit.set_reservation_id(NewUuid());
  ExpectNamesThePeer(Ask(daemon_, &Stub::CommitReservation, commit));
  remote_.ExpectSettledAndConserved();
}

// Its release and commit would change both levels: stock from nothing (contract §2, point 10).
TEST_F(RemotePortTest, ProductInTwoLocations_IsRefusedBeforeAnythingIsReserved) {
  for (const std::int64_t elsewhere : {5, 0}) {
    SCOPED_TRACE(elsewhere);
    const std::string id = NewUuid();
    remote_.peer.Seed({{id, "SKU-" + id, {{support::kPeerWarehouse, 10}, {kOtherWarehouse, elsewhere}}}});
    order::CreateOrderRequest request = OrderOf(remote_.AddProduct(10));
    *request.add_items() = OrderOf({id, ""}).items(0);
    const Answer answer = Create(daemon_, request);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_THAT(answer.status.error_message(), AllOf(HasSubstr("items[1]"), HasSubstr(id), HasSubstr("2 locations"),
                                                     HasSubstr("inventory.remote.multi_location")));
  }
  EXPECT_EQ(remote_.peer.Calls("CheckAndReserveStock"), 0);
  EXPECT_EQ(remote_.world.database.QueryNumber("SELECT count(*) FROM reservations"), 0);
}

}  // namespace
}  // namespace logistics::e2e
