#include "contract/store_contract.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreContract, Create_EveryField_IsReadBack) {
  const auto box = ProductWith("BOX", 10);
  domain::OrderDraft draft;
  draft.customer_id = customer().ToString();
  draft.warehouse_id = warehouse().ToString();
  draft.notes = "ring twice \xE2\x82\xAC 'quoted' \\ \"double\" {braces}, comma; \n second line";
  draft.lines.push_back({box.ToString(), "BOX", "Box, \"large\"", 2, 1.234, 2.468});
  draft.lines.push_back({"", "BOX", "", 1, 0, 0});
  draft.shipping.emplace();
  draft.shipping->info = {"a1", "a2", "Wien", "W", "1010", "AT", "Anna", "+43", "express", 0};
  draft.shipping->shipping_cost = 3.5;
  draft.payment.emplace();
  draft.payment->info = {"card", "tx-1", 0, true, absl::FromUnixMicros(1'700'000'000'123'456)};
  draft.payment->amount = 5.968;
  draft.payment->currency = "KWD";
  ASSERT_OK_AND_ASSIGN(domain::NewOrder wanted, domain::PriceOrder(draft, {domain::Currency(), warehouse()}));
  wanted.order.id = New<domain::OrderId>();
  wanted.order.created_at = wanted.order.updated_at = harness().clock().Now();

  ASSERT_OK_AND_ASSIGN(const domain::Order made, Create(wanted));
  domain::Order expected = wanted.order;
  expected.lines[1].product_id = box;          // resolved by its sku
  expected.status = OrderStatus::kProcessing;  // it is paid
  expected.version = 2;
  EXPECT_EQ(made, expected);
  EXPECT_THAT(orders().Get(made.id, {}), IsOkAndHolds(made));
}

TEST_P(StoreContract, Create_WithoutShippingAndPayment_HasNoneWhenReadBack) {
  const domain::Order made = Placed({{ProductWith("BOX", 1)}});
  ASSERT_OK_AND_ASSIGN(const domain::Order read, orders().Get(made.id, {}));
  EXPECT_FALSE(read.shipping);
  EXPECT_FALSE(read.payment);
  EXPECT_EQ(read, made);
}

TEST_P(StoreContract, Create_HoldsTheStock_AndTellsInOrder) {
  const auto box = ProductWith("BOX", 10);
  const auto lid = ProductWith("LID", 5);
  NewEvents();
  const domain::Order made = Placed({{lid, 2}, {box, 3}});
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 3}));
  EXPECT_EQ(LevelOf(lid), (domain::StockLevel{5, 2}));

  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_NE(events[0].id, events[1].id);
  const auto* created = std::get_if<domain::OrderCreated>(&events[0].data);
  ASSERT_NE(created, nullptr);
  EXPECT_EQ(created->order_id, made.id);
  EXPECT_EQ(created->customer_id, customer());
  EXPECT_EQ(created->total_amount, "5.00");
  EXPECT_EQ(created->items_count, 2);
  const auto* reserved = std::get_if<domain::InventoryReserved>(&events[1].data);
  ASSERT_NE(reserved, nullptr);
  EXPECT_EQ(reserved->reservation_id, made.id.ToString());
  EXPECT_EQ(reserved->order_id, made.id);
  EXPECT_EQ(reserved->warehouse_id, warehouse());
  EXPECT_THAT(reserved->items, ElementsAre(domain::StockItem{box, "BOX", 3}, domain::StockItem{lid, "LID", 2}));

  const auto history = harness().History(made.id);
  ASSERT_THAT(history, SizeIs(1));
  EXPECT_EQ(history[0].version, 1);
  EXPECT_EQ(history[0].previous, std::nullopt);
  EXPECT_EQ(history[0].status, OrderStatus::kPending);
  const auto movements = harness().Movements(Key(box));
  ASSERT_THAT(movements, SizeIs(2));
  EXPECT_EQ(movements[0].cause, domain::MovementCause::kAdjust);
  EXPECT_EQ(movements[1].cause, domain::MovementCause::kReserve);
}

TEST_P(StoreContract, Create_ShortStock_NamesEachItemAndHoldsNothing) {
  const auto box = ProductWith("BOX", 10);
  const auto lid = ProductWith("LID", 5);
  const auto cap = ProductWith("CAP", 0);
  NewEvents();
  const domain::NewOrder wanted = OrderOf({{box, 10}, {lid, 6}, {cap, 1}});
  const auto refused = Create(wanted);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto violations = domain::ConditionViolationsOf(refused.status());
  ASSERT_THAT(violations, SizeIs(2));
  for (const domain::ConditionViolation& violation : violations) {
    EXPECT_EQ(violation.type, "STOCK");
    const bool is_lid = violation.subject.find(lid.ToString()) != std::string::npos;
    EXPECT_THAT(violation.subject, HasSubstr(is_lid ? lid.ToString() : cap.ToString()));
    EXPECT_THAT(violation.description, HasSubstr(is_lid ? "wanted 6, available 5" : "wanted 1, available 0"));
  }
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 0}));
  EXPECT_EQ(LevelOf(lid), (domain::StockLevel{5, 0}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(harness().History(wanted.order.id), IsEmpty());
  EXPECT_THAT(orders().Get(wanted.order.id, {}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContract, Create_StockInAnotherWarehouse_IsNoStock) {
  const auto box = ProductWith("BOX", 10);
  domain::NewOrder wanted = OrderOf({{box}});
  wanted.order.warehouse_id = New<domain::WarehouseId>();
  EXPECT_THAT(Create(wanted), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_P(StoreContract, Create_LinesOfOneProduct_AreSummedForStockAndKeptAsTheyAre) {
  const auto box = ProductWith("BOX", 10);
  EXPECT_THAT(Create(OrderOf({{box, 6}, {box, 5}})), StatusIs(absl::StatusCode::kFailedPrecondition));
  NewEvents();
  const domain::Order made = Placed({{box, 6}, {box, 4}});
  ASSERT_OK_AND_ASSIGN(const domain::Order read, orders().Get(made.id, {}));
  ASSERT_THAT(read.lines, SizeIs(2));
  EXPECT_EQ(read.lines[0].quantity, 6);
  EXPECT_EQ(read.lines[1].quantity, 4);
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 10}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(std::get<domain::OrderCreated>(events[0].data).items_count, 2);
  EXPECT_THAT(std::get<domain::InventoryReserved>(events[1].data).items,
              ElementsAre(domain::StockItem{box, "BOX", 10}));
}

TEST_P(StoreContract, Create_ProductBySkuAndById_AreTheSameProduct) {
  const auto box = ProductWith("BOX", 3);
  domain::NewOrder wanted = OrderOf({{box, 1}, {box, 2}});
  wanted.order.lines[0].product_id.reset();
  wanted.order.lines[0].sku = "BOX";
  ASSERT_OK_AND_ASSIGN(const domain::Order made, Create(wanted));
  for (const domain::OrderLine& line : made.lines) {
    EXPECT_EQ(line.product_id, box);
    EXPECT_EQ(line.sku, "BOX");
  }
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{3, 3}));
}

TEST_P(StoreContract, Create_UnknownProduct_IsNotFound) {
  const auto box = ProductWith("BOX", 3);
  NewEvents();
  EXPECT_THAT(Create(OrderOf({{box}, {New<domain::ProductId>()}})), StatusIs(absl::StatusCode::kNotFound));
  domain::NewOrder wanted = OrderOf({{box}});
  wanted.order.lines[0].product_id.reset();
  wanted.order.lines[0].sku = "BOXES";
  EXPECT_THAT(Create(wanted), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{3, 0}));
  EXPECT_THAT(NewEvents(), IsEmpty());
}

TEST_P(StoreContract, Create_IdAndSkuOfTwoProducts_IsInvalidByField) {
  const auto box = ProductWith("BOX", 3);
  ProductWith("LID", 3);
  domain::NewOrder wanted = OrderOf({{box}, {box}});
  wanted.order.lines[1].sku = "LID";
  const auto refused = Create(wanted);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
  const auto violations = domain::FieldViolationsOf(refused.status());
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, "items[1].sku");
}

TEST_P(StoreContract, Create_CommittedAtCreation_TakesTheStockOutOfTheBooks) {
  policy_.commit_on = domain::CommitOn::kCreated;
  const auto box = ProductWith("BOX", 10);
  NewEvents();
  const domain::Order made = Placed({{box, 3}});
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{7, 0}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_TRUE(std::holds_alternative<domain::OrderCreated>(events[0].data));
  EXPECT_TRUE(std::holds_alternative<domain::InventoryReserved>(events[1].data));
  const auto* updated = std::get_if<domain::InventoryUpdated>(&events[2].data);
  ASSERT_NE(updated, nullptr);
  EXPECT_EQ(updated->previous_quantity, 10);
  EXPECT_EQ(updated->new_quantity, 7);
  EXPECT_THAT(updated->reason, testing::AllOf(testing::StartsWith("committed"), HasSubstr(made.id.ToString())));
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Get_UnknownOrder_IsNotFound) {
  EXPECT_THAT(orders().Get(New<domain::OrderId>(), {}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContract, Get_ManyAtOnce_EachGetsItsOwn) {
  const auto box = ProductWith("BOX", 20);
  std::vector<domain::Order> placed;
  for (int i = 0; i < 20; ++i) placed.push_back(Placed({{box}}));
  AtOnce(64, [&](int i) {
    const domain::Order& wanted = placed[static_cast<std::size_t>(i) % placed.size()];
    EXPECT_THAT(orders().Get(wanted.id, {}), IsOkAndHolds(wanted));
  });
}

}  // namespace
}  // namespace logistics::contract
