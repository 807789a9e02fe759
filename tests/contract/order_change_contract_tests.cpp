#include <atomic>

#include "contract/store_contract.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using fakes::HistoryRow;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// How an order gets into a status, from its creation on.
std::vector<OrderStatus> WayTo(OrderStatus status) {
  switch (status) {
    case OrderStatus::kProcessing:
      return {OrderStatus::kProcessing};
    case OrderStatus::kShipped:
      return {OrderStatus::kProcessing, OrderStatus::kShipped};
    case OrderStatus::kDelivered:
      return {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kDelivered};
    case OrderStatus::kCancelled:
      return {OrderStatus::kCancelled};
    case OrderStatus::kReturned:
      return {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kReturned};
    case OrderStatus::kPending:
    case OrderStatus::kUnknown:
      break;
  }
  return {};
}

TEST_P(StoreContract, Change_EveryPairOfStatuses_IsDoneOrRefusedOrNothing) {
  const auto box = ProductWith("BOX", 1000);
  for (int from = 1; from <= 6; ++from) {
    for (int to = 1; to <= 6; ++to) {
      const auto from_status = static_cast<OrderStatus>(from);
      const auto to_status = static_cast<OrderStatus>(to);
      SCOPED_TRACE(std::string(OrderStatusName(from_status)) + " -> " + std::string(OrderStatusName(to_status)));
      const domain::Order before = Walked(Placed({{box}}), WayTo(from_status));
      ASSERT_EQ(before.status, from_status);
      NewEvents();
      const auto history = harness().History(before.id);
      const auto changed = Change(before, to_status);
      if (from == to) {
        EXPECT_THAT(changed, IsOkAndHolds(before));
      } else if (domain::IsLegalChange(from_status, to_status)) {
        ASSERT_THAT(changed, IsOk());
        EXPECT_EQ(changed->status, to_status);
        EXPECT_EQ(changed->version, before.version + 1);
        EXPECT_THAT(orders().Get(before.id, {}), IsOkAndHolds(*changed));
        EXPECT_EQ(harness().History(before.id).back(),
                  (HistoryRow{changed->version, from_status, to_status, "anna", "because"}));
        EXPECT_EQ(NewEventTypes().front(), "OrderStatusChanged");
        continue;
      } else {
        EXPECT_THAT(changed, StatusIs(absl::StatusCode::kFailedPrecondition,
                                      AllOf(HasSubstr(std::string(OrderStatusName(from_status))),
                                            HasSubstr(std::string(OrderStatusName(to_status))))));
        EXPECT_THAT(domain::ConditionViolationsOf(changed.status()), SizeIs(1));
      }
      EXPECT_THAT(orders().Get(before.id, {}), IsOkAndHolds(before));
      EXPECT_EQ(harness().History(before.id), history);
      EXPECT_THAT(NewEvents(), IsEmpty());
    }
  }
}

TEST_P(StoreContract, Change_ToProcessing_TellsBothStatesWhoAndWhy) {
  const domain::Order order = Placed({{ProductWith("BOX", 1)}});
  NewEvents();
  ASSERT_THAT(Change(order, OrderStatus::kProcessing, "packed", "berta"), IsOk());
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(1));
  const auto& changed = std::get<domain::OrderStatusChanged>(events[0].data);
  EXPECT_EQ(changed.order_id, order.id);
  EXPECT_EQ(changed.previous_status, OrderStatus::kPending);
  EXPECT_EQ(changed.new_status, OrderStatus::kProcessing);
  EXPECT_EQ(changed.changed_by, "berta");
  EXPECT_EQ(changed.notes, "packed");
}

TEST_P(StoreContract, Change_TimeMovesOn_UpdatedAtFollowsAndCreatedAtStays) {
  const domain::Order order = Placed({{ProductWith("BOX", 1)}});
  harness().clock().Advance(absl::Seconds(5));
  ASSERT_OK_AND_ASSIGN(const domain::Order changed, Change(order, OrderStatus::kProcessing));
  EXPECT_EQ(changed.created_at, order.created_at);
  EXPECT_EQ(changed.updated_at, order.updated_at + absl::Seconds(5));
}

TEST_P(StoreContract, Change_UnknownOrder_IsNotFound) {
  domain::Order nobody;
  nobody.id = New<domain::OrderId>();
  EXPECT_THAT(Change(nobody, OrderStatus::kProcessing), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContract, Change_OtherVersionExpected_IsAbortedAndChangesNothing) {
  const domain::Order order = Placed({{ProductWith("BOX", 1)}});
  NewEvents();
  EXPECT_THAT(orders().ChangeStatus({order.id, OrderStatus::kProcessing, "", "", 2}, {}),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(orders().Get(order.id, {}), IsOkAndHolds(order));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(orders().ChangeStatus({order.id, OrderStatus::kProcessing, "", "", 1}, {}), IsOk());
}

TEST_P(StoreContract, Cancel_ReleasesTheStock_AndTellsInOrder) {
  const auto box = ProductWith("BOX", 10);
  for (const auto& way : {std::vector<OrderStatus>{}, {OrderStatus::kProcessing}}) {
    const domain::Order order = Walked(Placed({{box, 4}}), way);
    NewEvents();
    ASSERT_THAT(Change(order, OrderStatus::kCancelled, "too late", "berta"), IsOk());
    EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 0}));
    const auto events = NewEvents();
    ASSERT_THAT(events, SizeIs(3));
    EXPECT_EQ(std::get<domain::OrderStatusChanged>(events[0].data).new_status, OrderStatus::kCancelled);
    const auto& cancelled = std::get<domain::OrderCancelled>(events[1].data);
    EXPECT_EQ(cancelled.order_id, order.id);
    EXPECT_EQ(cancelled.reason, "too late");
    EXPECT_EQ(cancelled.cancelled_by, "berta");
    const auto& released = std::get<domain::InventoryReleased>(events[2].data);
    EXPECT_EQ(released.reservation_id, order.id.ToString());
    EXPECT_EQ(released.order_id, order.id);
    EXPECT_EQ(released.reason, "too late");
  }
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Ship_CommitsTheStock_AndTellsEachProduct) {
  const auto box = ProductWith("BOX", 10);
  const auto lid = ProductWith("LID", 5);
  const domain::Order order = Walked(Placed({{lid, 2}, {box, 1}, {box, 3}}), {OrderStatus::kProcessing});
  NewEvents();
  ASSERT_THAT(Change(order, OrderStatus::kShipped), IsOk());
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{6, 0}));
  EXPECT_EQ(LevelOf(lid), (domain::StockLevel{3, 0}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(std::get<domain::OrderStatusChanged>(events[0].data).new_status, OrderStatus::kShipped);
  const auto& of_box = std::get<domain::InventoryUpdated>(events[1].data);
  EXPECT_EQ(of_box.product_id, box);
  EXPECT_EQ(of_box.sku, "BOX");
  EXPECT_EQ(of_box.previous_quantity, 10);
  EXPECT_EQ(of_box.new_quantity, 6);
  EXPECT_EQ(of_box.warehouse_id, warehouse());
  EXPECT_THAT(of_box.reason, AllOf(StartsWith("committed"), HasSubstr(order.id.ToString())));
  const auto& of_lid = std::get<domain::InventoryUpdated>(events[2].data);
  EXPECT_EQ(of_lid.product_id, lid);
  EXPECT_EQ(of_lid.previous_quantity, 5);
  EXPECT_EQ(of_lid.new_quantity, 3);
  EXPECT_EQ(harness().Movements(Key(box)).back().cause, domain::MovementCause::kCommit);
  ExpectLedgersSumToLevels({box, lid});
}

TEST_P(StoreContract, Ship_CommittedAtCreation_LeavesTheStockAlone) {
  policy_.commit_on = domain::CommitOn::kCreated;
  const auto box = ProductWith("BOX", 10);
  const domain::Order order = Placed({{box, 4}});
  NewEvents();
  Walked(order, {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kDelivered});
  EXPECT_THAT(NewEventTypes(), ElementsAre("OrderStatusChanged", "OrderStatusChanged", "OrderStatusChanged"));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{6, 0}));
}

TEST_P(StoreContract, Cancel_CommittedAtCreation_AlwaysRestocks) {
  policy_.commit_on = domain::CommitOn::kCreated;
  const auto box = ProductWith("BOX", 10);
  const domain::Order order = Placed({{box, 4}});
  NewEvents();
  ASSERT_THAT(Change(order, OrderStatus::kCancelled), IsOk());
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 0}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_TRUE(std::holds_alternative<domain::OrderStatusChanged>(events[0].data));
  EXPECT_TRUE(std::holds_alternative<domain::OrderCancelled>(events[1].data));
  const auto& restocked = std::get<domain::InventoryUpdated>(events[2].data);
  EXPECT_EQ(restocked.previous_quantity, 6);
  EXPECT_EQ(restocked.new_quantity, 10);
  EXPECT_THAT(restocked.reason, AllOf(StartsWith("restocked"), HasSubstr(order.id.ToString())));
  EXPECT_EQ(harness().Movements(Key(box)).back().cause, domain::MovementCause::kRestock);
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Return_NotAskedToRestock_LeavesTheStockAlone) {
  const auto box = ProductWith("BOX", 10);
  const domain::Order order = Walked(Placed({{box, 4}}), {OrderStatus::kProcessing, OrderStatus::kShipped});
  NewEvents();
  ASSERT_THAT(Change(order, OrderStatus::kReturned), IsOk());
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{6, 0}));
  EXPECT_THAT(NewEventTypes(), ElementsAre("OrderStatusChanged"));
}

TEST_P(StoreContract, Return_AskedToRestock_PutsThePiecesBack) {
  policy_.restock_returns = true;
  const auto box = ProductWith("BOX", 10);
  for (const auto& way : {WayTo(OrderStatus::kShipped), WayTo(OrderStatus::kDelivered)}) {
    const domain::Order order = Walked(Placed({{box, 4}}), way);
    EXPECT_EQ(LevelOf(box), (domain::StockLevel{6, 0}));
    NewEvents();
    ASSERT_THAT(Change(order, OrderStatus::kReturned), IsOk());
    EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 0}));
    const auto events = NewEvents();
    ASSERT_THAT(events, SizeIs(2));
    EXPECT_TRUE(std::holds_alternative<domain::OrderStatusChanged>(events[0].data));
    const auto& restocked = std::get<domain::InventoryUpdated>(events[1].data);
    EXPECT_EQ(restocked.previous_quantity, 6);
    EXPECT_EQ(restocked.new_quantity, 10);
    EXPECT_THAT(restocked.reason, AllOf(StartsWith("restocked"), HasSubstr(order.id.ToString())));
  }
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Change_ManyAtOnceExpectingOneVersion_OneWins) {
  const domain::Order order = Placed({{ProductWith("BOX", 1)}});
  std::atomic<int> won = 0;
  AtOnce(32, [&](int i) {
    const OrderStatus to = i % 2 == 0 ? OrderStatus::kProcessing : OrderStatus::kCancelled;
    const auto changed = orders().ChangeStatus({order.id, to, "", "", 1}, {});
    if (changed.ok()) {
      ++won;
    } else {
      EXPECT_THAT(changed, StatusIs(absl::StatusCode::kAborted));
    }
  });
  EXPECT_EQ(won, 1);
  EXPECT_THAT(harness().History(order.id), SizeIs(2));
}

TEST_P(StoreContract, Change_ManyAtOnceWithoutVersion_NothingIsLostOrDoneTwice) {
  const auto box = ProductWith("BOX", 40);
  std::vector<domain::Order> placed;
  for (int i = 0; i < 4; ++i) placed.push_back(Placed({{box, 10}}));
  NewEvents();
  AtOnce(48, [&](int i) {
    const domain::Order& order = placed[static_cast<std::size_t>(i) % placed.size()];
    constexpr OrderStatus kWanted[] = {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kCancelled};
    const auto changed = Change(order, kWanted[i / 4 % 3]);
    EXPECT_THAT(changed, testing::AnyOf(IsOk(), StatusIs(absl::StatusCode::kFailedPrecondition)));
  });
  std::size_t changes = 0;
  std::int64_t gone = 0;
  std::int64_t held = 0;
  for (const domain::Order& order : placed) {
    const auto history = harness().History(order.id);
    ASSERT_OK_AND_ASSIGN(const domain::Order now, orders().Get(order.id, {}));
    EXPECT_EQ(now.version, static_cast<std::int64_t>(history.size()));
    EXPECT_EQ(now.status, history.back().status);
    for (std::size_t i = 1; i < history.size(); ++i) {
      EXPECT_EQ(history[i].version, static_cast<std::int64_t>(i) + 1);
      EXPECT_EQ(history[i].previous, history[i - 1].status);
      EXPECT_TRUE(domain::IsLegalChange(history[i - 1].status, history[i].status));
    }
    changes += history.size() - 1;
    gone += now.status == OrderStatus::kShipped ? 10 : 0;
    held += now.status == OrderStatus::kPending || now.status == OrderStatus::kProcessing ? 10 : 0;
  }
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{40 - gone, held}));
  std::size_t told = 0;
  for (const std::string& type : NewEventTypes()) told += type == "OrderStatusChanged" ? 1 : 0;
  EXPECT_EQ(told, changes);
  ExpectLedgersSumToLevels({box});
}

}  // namespace
}  // namespace logistics::contract
