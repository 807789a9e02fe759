// Holds that others ask for by themselves: all or nothing, once per id, settled once.
#include <atomic>

#include "contract/store_contract.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using domain::StockLevel;
using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using fakes::kRefused;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

TEST_P(StoreContract, Reserve_HoldsAllItemsAndTellsOnce) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 5);
  NewEvents();
  // One product on two lines, by id and by sku.
  const ports::ReservationRequest hold = HoldOf({{box, "", 3}, {std::nullopt, "LAMP", 5}, {box, "BOX", 2}});
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer answer, Reserve(hold));
  EXPECT_TRUE(answer.held);
  ASSERT_THAT(answer.items, SizeIs(3));
  EXPECT_EQ(answer.items[0].available, 10);
  EXPECT_EQ(answer.items[1].product_id, lamp);
  EXPECT_EQ(answer.items[1].available, 5);
  for (const domain::ItemAvailability& item : answer.items) {
    EXPECT_TRUE(item.in_stock);
    EXPECT_EQ(item.error, "");
  }
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 5}));
  EXPECT_EQ(LevelOf(lamp), (StockLevel{5, 5}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(1));
  const auto& reserved = std::get<domain::InventoryReserved>(events[0].data);
  EXPECT_EQ(reserved.reservation_id, hold.id.text);
  EXPECT_EQ(reserved.order_id, domain::OrderId(hold.id.uuid));
  EXPECT_EQ(reserved.warehouse_id, warehouse());
  EXPECT_THAT(reserved.items, ElementsAre(domain::StockItem{box, "BOX", 5}, domain::StockItem{lamp, "LAMP", 5}));
  EXPECT_EQ(harness().Movements(Key(box)).back().cause, domain::MovementCause::kReserve);
  ExpectLedgersSumToLevels({box, lamp});
}

TEST_P(StoreContract, Reserve_OneItemShort_HoldsNothingAndIsNotRemembered) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 1);
  NewEvents();
  ports::ReservationRequest hold = HoldOf({{box, "", 3}, {lamp, "", 2}});
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer answer, Reserve(hold));
  EXPECT_FALSE(answer.held);
  ASSERT_THAT(answer.items, SizeIs(2));
  EXPECT_TRUE(answer.items[0].in_stock);
  EXPECT_FALSE(answer.items[1].in_stock);
  EXPECT_EQ(answer.items[1].available, 1);
  EXPECT_THAT(answer.items[1].error, HasSubstr("wanted 2, available 1"));
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 0}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(ReleaseHold(hold.id), StatusIs(kNotFound));
  // The id is free for another try.
  hold.items = {{box, "", 1}};
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer second, Reserve(hold));
  EXPECT_TRUE(second.held);
}

TEST_P(StoreContract, Reserve_SummedOverLines_IsShortTogether) {
  const auto box = ProductWith("BOX", 5);
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer answer, Reserve(HoldOf({{box, "", 3}, {box, "", 3}})));
  EXPECT_FALSE(answer.held);
  EXPECT_FALSE(answer.items[0].in_stock);
  EXPECT_EQ(LevelOf(box), (StockLevel{5, 0}));
}

TEST_P(StoreContract, Reserve_UnknownProducts_AreToldByItemBesideTheOthers) {
  const auto box = ProductWith("BOX", 5);
  ProductWith("LAMP", 5);
  const auto nobody = New<domain::ProductId>();
  ASSERT_OK_AND_ASSIGN(
      const ports::ReservationAnswer answer,
      Reserve(HoldOf({{nobody, "", 1}, {box, "", 1}, {std::nullopt, "CHAIR", 1}, {box, "LAMP", 1}, {{}, "", 1}})));
  EXPECT_FALSE(answer.held);
  ASSERT_THAT(answer.items, SizeIs(5));
  EXPECT_THAT(answer.items[0].error, HasSubstr(nobody.ToString()));
  EXPECT_TRUE(answer.items[1].in_stock);
  EXPECT_EQ(answer.items[1].available, 5);
  EXPECT_THAT(answer.items[2].error, HasSubstr("CHAIR"));
  EXPECT_THAT(answer.items[3].error, HasSubstr("LAMP"));
  EXPECT_NE(answer.items[4].error, "");
  for (const std::size_t i : {0U, 2U, 3U, 4U}) EXPECT_FALSE(answer.items[i].in_stock);
  EXPECT_EQ(LevelOf(box), (StockLevel{5, 0}));
}

TEST_P(StoreContract, Reserve_ProductWithoutALevelHere_IsShort) {
  const auto box = ProductWith("BOX", 5);
  ports::ReservationRequest hold = HoldOf({{box, "", 1}});
  hold.warehouse_id = New<domain::WarehouseId>();
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer answer, Reserve(hold));
  EXPECT_FALSE(answer.held);
  EXPECT_EQ(answer.items[0].available, 0);
}

TEST_P(StoreContract, Reserve_SameAgain_IsHeldOnceAndAnsweredTheSame) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 1);
  const ports::ReservationRequest hold = HoldOf({{box, "", 8}, {lamp, "", 1}});
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer first, Reserve(hold));
  NewEvents();
  // Other words for the same pieces.
  ports::ReservationRequest again = hold;
  again.items = {{lamp, "LAMP", 1}, {box, "", 5}, {std::nullopt, "BOX", 3}};
  ASSERT_OK_AND_ASSIGN(const ports::ReservationAnswer second, Reserve(again));
  EXPECT_TRUE(second.held);
  EXPECT_TRUE(second.items[0].in_stock);
  EXPECT_EQ(second.items[1].available, first.items[0].available);
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 8}));
  EXPECT_THAT(NewEvents(), IsEmpty());
}

TEST_P(StoreContract, Reserve_SameIdOtherHold_AlreadyExists) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 10);
  const ports::ReservationRequest hold = HoldOf({{box, "", 3}});
  ASSERT_THAT(Reserve(hold), IsOk());
  const auto with = [&](std::vector<domain::WantedItem> items) {
    return Reserve({hold.id, hold.warehouse_id, std::move(items)});
  };
  EXPECT_THAT(with({{box, "", 4}}), StatusIs(kExists));
  EXPECT_THAT(with({{lamp, "", 3}}), StatusIs(kExists));
  EXPECT_THAT(with({{box, "", 3}, {lamp, "", 1}}), StatusIs(kExists));
  EXPECT_THAT(with({{box, "", 3}, {std::nullopt, "NOTHING", 1}}), StatusIs(kExists));
  EXPECT_THAT(Reserve({hold.id, New<domain::WarehouseId>(), hold.items}), StatusIs(kExists));
  EXPECT_THAT(domain::ConditionViolationsOf(with({{box, "", 4}}).status()), SizeIs(1));
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 3}));
  EXPECT_EQ(LevelOf(lamp), (StockLevel{10, 0}));
}

TEST_P(StoreContract, ReleaseHold_GivesBackOnceAndTells) {
  const auto box = ProductWith("BOX", 10);
  const domain::Uuid id = Held({{box, "", 3}});
  NewEvents();
  ASSERT_OK_AND_ASSIGN(const ports::EndAnswer first, ReleaseHold(id));
  EXPECT_TRUE(first.changed);
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 0}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(1));
  const auto& released = std::get<domain::InventoryReleased>(events[0].data);
  EXPECT_EQ(released.reservation_id, id.ToString());
  EXPECT_EQ(released.order_id, domain::OrderId(id));
  EXPECT_EQ(released.reason, "changed my mind");
  EXPECT_EQ(harness().Movements(Key(box)).back().cause, domain::MovementCause::kRelease);

  ASSERT_OK_AND_ASSIGN(const ports::EndAnswer second, ReleaseHold(id));
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 0}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(CommitHold(id), StatusIs(kRefused, HasSubstr("released already")));
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, CommitHold_TakesOutOnceAndTellsEachQuantity) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 5);
  const domain::Uuid id = Held({{box, "", 3}, {lamp, "", 5}});
  NewEvents();
  ASSERT_OK_AND_ASSIGN(const ports::EndAnswer first, CommitHold(id));
  EXPECT_TRUE(first.changed);
  EXPECT_EQ(LevelOf(box), (StockLevel{7, 0}));
  EXPECT_EQ(LevelOf(lamp), (StockLevel{0, 0}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(2));
  const auto& updated = std::get<domain::InventoryUpdated>(events[0].data);
  EXPECT_EQ(updated.product_id, box);
  EXPECT_EQ(updated.previous_quantity, 10);
  EXPECT_EQ(updated.new_quantity, 7);
  EXPECT_EQ(updated.reason, "committed: reservation " + id.ToString());
  EXPECT_EQ(std::get<domain::InventoryUpdated>(events[1].data).product_id, lamp);
  EXPECT_EQ(harness().Movements(Key(box)).back().cause, domain::MovementCause::kCommit);

  ASSERT_OK_AND_ASSIGN(const ports::EndAnswer second, CommitHold(id));
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(LevelOf(box), (StockLevel{7, 0}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(ReleaseHold(id), StatusIs(kRefused, HasSubstr("committed already")));
  ExpectLedgersSumToLevels({box, lamp});
}

TEST_P(StoreContract, Reserve_Settled_IsNotHeldAgain) {
  const auto box = ProductWith("BOX", 10);
  const ports::ReservationRequest released = HoldOf({{box, "", 1}});
  const ports::ReservationRequest committed = HoldOf({{box, "", 1}});
  for (const ports::ReservationRequest& hold : {released, committed}) ASSERT_THAT(Reserve(hold), IsOk());
  ASSERT_THAT(ReleaseHold(released.id), IsOk());
  ASSERT_THAT(CommitHold(committed.id), IsOk());
  for (ports::ReservationRequest hold : {released, committed}) {
    EXPECT_THAT(Reserve(hold), StatusIs(kRefused));
    hold.items = {{box, "", 2}};
    EXPECT_THAT(Reserve(hold), StatusIs(kRefused)) << "other items neither";
  }
  EXPECT_EQ(LevelOf(box), (StockLevel{9, 0}));
}

TEST_P(StoreContract, SettleHold_Unknown_IsNotFound) {
  ProductWith("BOX", 10);
  EXPECT_THAT(ReleaseHold(harness().ids().NewId()), StatusIs(kNotFound));
  EXPECT_THAT(CommitHold(harness().ids().NewId()), StatusIs(kNotFound));
}

TEST_P(StoreContract, OurOwnOrder_IsNobodysToReserveReleaseOrCommit) {
  const auto box = ProductWith("BOX", 10);
  const domain::Order held = Placed({{box, 2}});
  const domain::Order cancelled = Walked(Placed({{box, 1}}), {OrderStatus::kCancelled});
  const domain::Order shipped = Walked(Placed({{box, 1}}), {OrderStatus::kProcessing, OrderStatus::kShipped});
  NewEvents();
  for (const domain::Order& order : {held, cancelled, shipped}) {
    const domain::Uuid& id = order.id.uuid();
    EXPECT_THAT(ReleaseHold(id), StatusIs(kRefused));
    EXPECT_THAT(CommitHold(id), StatusIs(kRefused));
    EXPECT_THAT(Reserve({id, warehouse(), {{box, "", 2}}}), StatusIs(kRefused));
  }
  EXPECT_EQ(LevelOf(box), (StockLevel{9, 2}));
  EXPECT_THAT(NewEvents(), IsEmpty());
}

TEST_P(StoreContract, Reserve_OneIdManyAtOnce_HoldsOnce) {
  const auto box = ProductWith("BOX", 100);
  const ports::ReservationRequest hold = HoldOf({{box, "", 3}});
  NewEvents();
  AtOnce(16, [&](int i) {
    ports::ReservationRequest mine = hold;
    if (i % 4 == 3) mine.items[0].quantity = 4;
    const auto answer = Reserve(mine);
    if (answer.ok()) {
      EXPECT_TRUE(answer->held);
    } else {
      EXPECT_THAT(answer, StatusIs(kExists));
    }
  });
  const StockLevel level = LevelOf(box);
  EXPECT_THAT(level.reserved, testing::AnyOf(3, 4));
  EXPECT_THAT(NewEventTypes(), ElementsAre("InventoryReserved"));
}

TEST_P(StoreContract, Reserve_ManyAtOnceOn50Pieces_HoldExactly50) {
  const auto box = ProductWith("BOX", 50);
  std::vector<ports::ReservationRequest> holds;
  for (int i = 0; i < 100; ++i) holds.push_back(HoldOf({{box, "", 1}}));
  std::atomic<int> held = 0;
  AtOnce(100, [&](int i) {
    const auto answer = Reserve(holds[static_cast<std::size_t>(i)]);
    ASSERT_THAT(answer, IsOk());
    if (answer->held) ++held;
  });
  EXPECT_EQ(held, 50);
  EXPECT_EQ(LevelOf(box), (StockLevel{50, 50}));
}

TEST_P(StoreContract, ReleaseAndCommitAtOnce_OneWins) {
  const auto box = ProductWith("BOX", 20);
  for (int round = 0; round < 8; ++round) {
    const domain::Uuid id = Held({{box, "", 1}});
    std::atomic<int> changed = 0;
    AtOnce(6, [&](int i) {
      const auto answer = i % 2 == 0 ? ReleaseHold(id) : CommitHold(id);
      if (answer.ok() && answer->changed) ++changed;
      if (!answer.ok()) {
        EXPECT_THAT(answer, StatusIs(kRefused));
      }
    });
    EXPECT_EQ(changed, 1);
  }
  EXPECT_EQ(LevelOf(box).reserved, 0);
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Reservation_UnderAnyText_IsOneReservationAndItsEventsCarryTheText) {
  const auto box = ProductWith("BOX", 10);
  const domain::ExternalId id = domain::ExternalId::Of("E2E-ORDER-535abf72");
  const domain::ExternalId other = domain::ExternalId::Of("e2e-order-535abf72");
  NewEvents();
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Reserve({id, warehouse(), {{box, "", 3}}}), IsOk());
  EXPECT_THAT(Reserve({other, warehouse(), {{box, "", 2}}}), IsOk());
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 5}));
  EXPECT_THAT(ReleaseHold(id), IsOk());
  EXPECT_THAT(CommitHold(other), IsOk());
  EXPECT_EQ(LevelOf(box), (StockLevel{8, 0}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(4));
  const auto& reserved = std::get<domain::InventoryReserved>(events[0].data);
  EXPECT_EQ(reserved.reservation_id, "E2E-ORDER-535abf72");
  EXPECT_EQ(reserved.order_id.ToString(), "7c2ff445-4ca2-53a6-9dbe-f4d14a6dcb78");
  const auto& released = std::get<domain::InventoryReleased>(events[2].data);
  EXPECT_EQ(released.reservation_id, "E2E-ORDER-535abf72");
  EXPECT_EQ(released.order_id, reserved.order_id);
  EXPECT_THAT(std::get<domain::InventoryUpdated>(events[3].data).reason, HasSubstr("e2e-order-535abf72"));
}

// The UUID of a text is itself a text, of another reservation.
TEST_P(StoreContract, Reservation_UnderTheUuidOfAnothersText_IsNotThatOne) {
  const auto box = ProductWith("BOX", 10);
  const domain::ExternalId text = domain::ExternalId::Of("order 7");
  const domain::ExternalId uuid(text.uuid);
  ASSERT_THAT(Reserve({text, warehouse(), {{box, "", 3}}}), IsOk());
  EXPECT_THAT(Reserve({uuid, warehouse(), {{box, "", 3}}}), StatusIs(kExists, HasSubstr("order 7")));
  EXPECT_THAT(ReleaseHold(uuid), StatusIs(kNotFound));
  EXPECT_THAT(CommitHold(uuid), StatusIs(kNotFound));
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 3}));
  const domain::Order order = Placed({{box, 1}});
  EXPECT_THAT(ReleaseHold(order.id.uuid()), StatusIs(kRefused)) << "an order's own";
}

}  // namespace
}  // namespace logistics::contract
