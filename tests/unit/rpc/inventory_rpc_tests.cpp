#include <gmock/gmock.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

class InventoryRpcTest : public ServerFixture {
 protected:
  void SetUp() override { Start(); }
};

TEST_F(InventoryRpcTest, CreateItem_IsFoundAgainByIdAndInTheList) {
  ::inventory::CreateItemRequest create;
  create.set_sku("sku-1");
  create.set_name("Lamp");
  create.set_description("A lamp");
  create.set_category("lights");
  (*create.mutable_attributes())["colour"] = "red";
  ::inventory::ItemResponse created;
  grpc::ClientContext create_context;
  ASSERT_TRUE(inventory_->CreateItem(&create_context, create, &created).ok());
  EXPECT_EQ(created.item().sku(), "sku-1");
  EXPECT_EQ(created.item().attributes().at("colour"), "red");
  EXPECT_EQ(created.item().created_at().seconds(), absl::ToUnixSeconds(clock_.Now()));

  ::inventory::GetItemRequest get;
  get.set_id(created.item().id());
  ::inventory::ItemResponse read;
  grpc::ClientContext get_context;
  ASSERT_TRUE(inventory_->GetItem(&get_context, get, &read).ok());
  EXPECT_EQ(read.item().name(), "Lamp");

  ::inventory::ListItemsRequest list;
  list.set_category("lights");
  ::inventory::ListItemsResponse items;
  grpc::ClientContext list_context;
  ASSERT_TRUE(inventory_->ListItems(&list_context, list, &items).ok());
  EXPECT_EQ(items.total(), 1);
  EXPECT_EQ(items.page(), 1);
  ASSERT_EQ(items.items_size(), 1);
  EXPECT_EQ(items.items(0).id(), created.item().id());
}

TEST_F(InventoryRpcTest, CreateItem_TakenSku_IsAlreadyExists) {
  AddProduct("sku-1", 1);
  ::inventory::CreateItemRequest create;
  create.set_sku("sku-1");
  create.set_name("Another");
  ::inventory::ItemResponse created;
  grpc::ClientContext context;
  EXPECT_EQ(inventory_->CreateItem(&context, create, &created).error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(InventoryRpcTest, Levels_ShowQuantityReservedAndAvailableOfAllItemsGiven) {
  const std::string first = AddProduct("sku-1", 10);
  const std::string second = AddProduct("sku-2", 4);
  AddProduct("sku-3", 1);
  PlaceOrder(OrderOf("sku-1", 3, 1));
  ::inventory::GetInventoryLevelsRequest request;
  request.add_item_ids(first);
  request.add_item_ids(second);
  ::inventory::GetInventoryLevelsResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(inventory_->GetInventoryLevels(&context, request, &response).ok());
  ASSERT_EQ(response.levels_size(), 2);
  const ::inventory::InventoryLevel& level = response.levels(response.levels(0).item_id() == first ? 0 : 1);
  EXPECT_EQ(level.quantity(), 10);
  EXPECT_EQ(level.reserved(), 3);
  EXPECT_EQ(level.available(), 7);
  EXPECT_EQ(level.location_id(), domain::kDefaultWarehouseId);
}

TEST_F(InventoryRpcTest, AdjustInventory_BelowWhatIsReserved_IsRefusedWithTheNumbers) {
  const std::string product = AddProduct("sku-1", 10);
  PlaceOrder(OrderOf("sku-1", 8, 1));
  ::inventory::AdjustInventoryRequest adjust;
  adjust.set_item_id(product);
  adjust.set_quantity(-3);
  adjust.set_reason("broken");
  ::inventory::AdjustInventoryResponse response;
  grpc::ClientContext context;
  const grpc::Status status = inventory_->AdjustInventory(&context, adjust, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(DetailOf<google::rpc::PreconditionFailure>(status).has_value());
}

TEST_F(InventoryRpcTest, Reserve_ReleaseAndCommit_AsTheMeshKnowsThem) {
  const std::string box = AddProduct("BOX", 10);
  ::inventory::StockReservationRequest request;
  request.set_order_id(kUnknownId);
  request.set_warehouse_id(std::string(domain::kDefaultWarehouseId));
  ::inventory::ProductItem& item = *request.add_items();
  item.set_sku("BOX");
  item.set_quantity(4);
  const auto reserve = [&](::inventory::StockReservationResponse& response) {
    grpc::ClientContext context;
    return inventory_->CheckAndReserveStock(&context, request, &response);
  };
  ::inventory::StockReservationResponse held;
  ASSERT_TRUE(reserve(held).ok());
  EXPECT_TRUE(held.success());
  EXPECT_EQ(held.reservation_id(), kUnknownId);
  ASSERT_EQ(held.items_size(), 1);
  EXPECT_EQ(held.items(0).product_id(), box);
  EXPECT_EQ(held.items(0).sku(), "BOX");
  EXPECT_TRUE(held.items(0).in_stock());
  EXPECT_EQ(held.items(0).available_quantity(), 10);
  EXPECT_EQ(held.items(0).error_message(), "");
  item.set_quantity(5);
  EXPECT_EQ(reserve(held).error_code(), grpc::StatusCode::ALREADY_EXISTS);

  const auto release = [&](const std::string& id, ::inventory::ReleaseStockResponse& response) {
    ::inventory::ReleaseStockRequest release_request;
    release_request.set_order_id(id);
    release_request.set_reason("changed my mind");
    grpc::ClientContext context;
    return inventory_->ReleaseReservedStock(&context, release_request, &response);
  };
  ::inventory::ReleaseStockResponse released;
  ASSERT_TRUE(release(kUnknownId, released).ok());
  EXPECT_TRUE(released.success());
  EXPECT_EQ(released.message(), "released");
  ASSERT_TRUE(release(kUnknownId, released).ok());
  EXPECT_TRUE(released.success());
  EXPECT_EQ(released.message(), "released already");
  EXPECT_EQ(release(kCustomer, released).error_code(), grpc::StatusCode::NOT_FOUND);

  ::inventory::CommitReservationRequest commit;
  commit.set_reservation_id(kUnknownId);
  ::inventory::CommitReservationResponse committed;
  grpc::ClientContext context;
  const grpc::Status refused = inventory_->CommitReservation(&context, commit, &committed);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(DetailOf<google::rpc::PreconditionFailure>(refused).has_value());

  request.clear_order_id();
  ASSERT_TRUE(reserve(held).ok());
  commit.set_reservation_id(held.reservation_id());
  grpc::ClientContext second_context;
  ASSERT_TRUE(inventory_->CommitReservation(&second_context, commit, &committed).ok());
  EXPECT_TRUE(committed.success());
}

TEST_F(InventoryRpcTest, Reserve_ThatCannotBeHad_IsAnAnswerByItem) {
  AddProduct("BOX", 3);
  ::inventory::StockReservationRequest request;
  request.set_warehouse_id(std::string(domain::kDefaultWarehouseId));
  ::inventory::ProductItem& box = *request.add_items();
  box.set_sku("BOX");
  box.set_quantity(4);
  ::inventory::ProductItem& unknown = *request.add_items();
  unknown.set_product_id("lamp");
  unknown.set_quantity(1);
  ::inventory::StockReservationResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(inventory_->CheckAndReserveStock(&context, request, &response).ok());
  EXPECT_FALSE(response.success());
  ASSERT_EQ(response.items_size(), 2);
  EXPECT_EQ(response.items(0).available_quantity(), 3);
  EXPECT_FALSE(response.items(0).in_stock());
  EXPECT_NE(response.items(0).error_message(), "");
  EXPECT_EQ(response.items(1).product_id(), "lamp");
  EXPECT_NE(response.items(1).error_message(), "");
  EXPECT_NE(response.message(), "");
}

TEST_F(InventoryRpcTest, Reserve_Invalid_NamesEveryField) {
  ::inventory::StockReservationRequest request;
  request.set_order_id("or\nder");
  request.add_items()->set_quantity(-1);
  ::inventory::StockReservationResponse response;
  grpc::ClientContext context;
  const grpc::Status status = inventory_->CheckAndReserveStock(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto details = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(details);
  EXPECT_EQ(details->field_violations_size(), 4);
}

TEST_F(InventoryRpcTest, RemoteInventory_IsNotServed) {
  service::CallQueue tasks;
  Server without(options_, {tasks, &async_orders_, nullptr}, orders_service_, *order_updates_, nullptr, nullptr, ids_,
                 clock_, metrics_, log_);
  ASSERT_OK_AND_ASSIGN(const int port, without.Start());
  const auto stub = ::inventory::InventoryService::NewStub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  ::inventory::ItemResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(stub->GetItem(&context, {}, &response).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  without.Shutdown(absl::Now() + absl::Seconds(30));
}

TEST_F(InventoryRpcTest, AdjustInventory_WithAnIdempotencyKey_IsAppliedOnce) {
  const std::string product = AddProduct("sku-1", 10);
  ::inventory::AdjustInventoryRequest adjust;
  adjust.set_item_id(product);
  adjust.set_quantity(5);
  const auto send = [&](const std::string& key, ::inventory::AdjustInventoryResponse& response) {
    grpc::ClientContext context;
    context.AddMetadata("idempotency-key", key);
    return inventory_->AdjustInventory(&context, adjust, &response);
  };
  ::inventory::AdjustInventoryResponse first;
  ::inventory::AdjustInventoryResponse again;
  ASSERT_TRUE(send("delivery 17", first).ok());
  ASSERT_TRUE(send("delivery 17", again).ok());
  EXPECT_EQ(first.inventory_level().quantity(), 15);
  EXPECT_EQ(again.inventory_level().quantity(), 15);
  adjust.set_quantity(6);
  EXPECT_EQ(send("delivery 17", again).error_code(), grpc::StatusCode::ALREADY_EXISTS);

  EXPECT_TRUE(send(std::string(128, 'k'), again).ok());
  for (const std::string& bad : {std::string(), std::string(129, 'k')}) {
    const grpc::Status status = send(bad, again);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const auto fields = DetailOf<google::rpc::BadRequest>(status);
    ASSERT_TRUE(fields.has_value());
    EXPECT_EQ(fields->field_violations(0).field(), "idempotency-key");
  }
}

// The calls of the mesh's own client test, with an id of its making.
TEST_F(InventoryRpcTest, CallsOfTheMeshsClient_InTheirOrder) {
  constexpr char kPlace[] = "22222222-2222-4222-8222-222222222222";
  const auto call = [&](auto method, const auto& request, auto response) {
    grpc::ClientContext context;
    const grpc::Status status = ((*inventory_).*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  using Stub = ::inventory::InventoryService::Stub;
  ::inventory::CreateItemRequest create;
  create.set_sku("E2E-SKU");
  create.set_name("A product");
  create.set_location_id(kPlace);
  const std::string item = call(&Stub::CreateItem, create, ::inventory::ItemResponse()).item().id();
  ::inventory::AdjustInventoryRequest adjust;
  adjust.set_item_id(item);
  adjust.set_location_id(kPlace);
  adjust.set_quantity(50);
  EXPECT_EQ(call(&Stub::AdjustInventory, adjust, ::inventory::AdjustInventoryResponse()).inventory_level().quantity(),
            50);
  const auto levels = [&] {
    ::inventory::GetInventoryLevelsRequest request;
    request.add_item_ids(item);
    request.add_location_ids(kPlace);
    const auto level = call(&Stub::GetInventoryLevels, request, ::inventory::GetInventoryLevelsResponse()).levels(0);
    return std::vector<std::int64_t>{level.quantity(), level.reserved(), level.available()};
  };
  ::inventory::StockReservationRequest reserve;
  reserve.set_order_id("E2E-ORDER-535abf72");
  reserve.set_warehouse_id(kPlace);
  ::inventory::ProductItem& wanted = *reserve.add_items();
  wanted.set_product_id(item);
  wanted.set_sku("E2E-SKU");
  wanted.set_quantity(25);
  const auto held = call(&Stub::CheckAndReserveStock, reserve, ::inventory::StockReservationResponse());
  EXPECT_TRUE(held.success());
  EXPECT_EQ(held.reservation_id(), "E2E-ORDER-535abf72");
  EXPECT_THAT(levels(), testing::ElementsAre(50, 25, 25));
  ::inventory::CommitReservationRequest commit;
  commit.set_reservation_id(held.reservation_id());
  commit.set_order_id("E2E-ORDER-535abf72");
  EXPECT_TRUE(call(&Stub::CommitReservation, commit, ::inventory::CommitReservationResponse()).success());
  EXPECT_THAT(levels(), testing::ElementsAre(25, 0, 25));
}

TEST_F(InventoryRpcTest, Reserve_UnderAnIdThatIsNoText_IsRefusedByField) {
  AddProduct("BOX", 10);
  ::inventory::StockReservationRequest request;
  request.set_warehouse_id(std::string(domain::kDefaultWarehouseId));
  request.add_items()->set_sku("BOX");
  request.mutable_items(0)->set_quantity(1);
  for (const std::string& bad : {std::string("a\tb"), std::string(129, 'x')}) {
    request.set_order_id(bad);
    ::inventory::StockReservationResponse response;
    grpc::ClientContext context;
    const grpc::Status status = inventory_->CheckAndReserveStock(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status)->field_violations(0).field(), "order_id");
  }
}

}  // namespace
}  // namespace logistics::rpc
