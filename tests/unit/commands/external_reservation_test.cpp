// ReserveStock, EndReservation, ExpireReservation.
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::ReservationState;
using domain::StockAction;
using domain::StockLevel;
using fakes::IsOk;
using fakes::kRefused;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class ExternalReservationTest : public CommandTest {
 protected:
  const domain::ProductId box_ = Product("BOX", StockLevel{10, 2});

  absl::StatusOr<ports::ReservationAnswer> Reserve(const domain::Uuid& id,
                                                   const std::vector<domain::WantedItem>& items) {
    return Run(ReserveStock{{id, warehouse_, items}});
  }
  absl::StatusOr<bool> End(const domain::Uuid& id, StockAction action) {
    const auto answer = Run(EndReservation{id, action, "changed my mind"});
    if (!answer.ok()) return answer.status();
    return answer->changed;
  }
  absl::StatusOr<bool> Expire(const domain::Uuid& id) {
    const auto answer = Run(ExpireReservation{id});
    if (!answer.ok()) return answer.status();
    return answer->changed;
  }
  void ExpectNothingChanged() {
    EXPECT_TRUE(effects_.empty());
    EXPECT_EQ(LevelOf(box_), (StockLevel{10, 2}));
  }
};

TEST_F(ExternalReservationTest, Reserve_InStock_HoldsAndEmits) {
  const domain::Uuid id = ids_.NewId();
  ASSERT_OK_AND_ASSIGN(const auto answer, Reserve(id, {{std::nullopt, "BOX", 3}, {box_, "", 1}}));
  EXPECT_TRUE(answer.held);
  EXPECT_EQ(LevelOf(box_), (StockLevel{10, 6}));
  ASSERT_THAT(effects_.new_reservations, SizeIs(1));
  EXPECT_EQ(effects_.new_reservations[0].items, (std::vector<domain::StockItem>{{box_, "BOX", 4}}));
  EXPECT_THAT(EventTypes(), ElementsAre("InventoryReserved"));
  EXPECT_THAT(effects_.movements, SizeIs(1));
}

TEST_F(ExternalReservationTest, Reserve_TheSameAgain_IsHeldAndWritesNothing) {
  const domain::Uuid id = External(box_);
  ASSERT_OK_AND_ASSIGN(const auto answer, Reserve(id, {{box_, "", 2}}));
  EXPECT_TRUE(answer.held);
  EXPECT_EQ(answer.items[0].available, 10) << "what is free and what it holds itself";
  ExpectNothingChanged();
}

TEST_F(ExternalReservationTest, Reserve_ShortOrUnknown_HoldsNothing) {
  for (const std::vector<domain::WantedItem>& items :
       {std::vector<domain::WantedItem>{{box_, "", 9}},
        std::vector<domain::WantedItem>{{box_, "", 1}, {std::nullopt, "CHAIR", 1}}}) {
    ASSERT_OK_AND_ASSIGN(const auto answer, Reserve(ids_.NewId(), items));
    EXPECT_FALSE(answer.held);
    EXPECT_THAT(answer.items, SizeIs(items.size()));
    ExpectNothingChanged();
  }
}

TEST_F(ExternalReservationTest, Reserve_Refusals) {
  const domain::Uuid held = External(box_);
  EXPECT_THAT(Reserve(held, {{box_, "", 3}}), StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("other items")));
  ExpectNothingChanged();
  const domain::Uuid released = External(box_, ReservationState::kReleased);
  EXPECT_THAT(Reserve(released, {{box_, "", 2}}), StatusIs(kRefused, HasSubstr("released already")));
  ExpectNothingChanged();
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Reserve(order.id.uuid(), {{box_, "", 2}}), StatusIs(kRefused, HasSubstr("of an order")));
  ExpectNothingChanged();
}

TEST_F(ExternalReservationTest, End_ReleasesOrCommits_Once) {
  const struct {
    StockAction action;
    ReservationState state;
    StockLevel level;
    const char* event;
  } cases[] = {{StockAction::kRelease, ReservationState::kReleased, {10, 0}, "InventoryReleased"},
               {StockAction::kCommit, ReservationState::kCommitted, {8, 0}, "InventoryUpdated"}};
  for (const auto& one : cases) {
    state_.LoadLevel(Key(box_), {10, 2});
    const domain::Uuid id = External(box_);
    EXPECT_THAT(End(id, one.action), fakes::IsOkAndHolds(true));
    EXPECT_EQ(LevelOf(box_), one.level);
    EXPECT_EQ(StateOf(id), one.state);
    EXPECT_THAT(EventTypes(), ElementsAre(one.event));
    EXPECT_THAT(effects_.movements, SizeIs(1));
    EXPECT_THAT(End(id, one.action), fakes::IsOkAndHolds(false)) << "it is so already";
    EXPECT_TRUE(effects_.empty());
    EXPECT_EQ(LevelOf(box_), one.level);
  }
}

TEST_F(ExternalReservationTest, End_Refusals) {
  EXPECT_THAT(End(ids_.NewId(), StockAction::kRelease), StatusIs(absl::StatusCode::kNotFound));
  ExpectNothingChanged();
  EXPECT_THAT(End(External(box_, ReservationState::kReleased), StockAction::kCommit), StatusIs(kRefused));
  ExpectNothingChanged();
  EXPECT_THAT(End(External(box_, ReservationState::kCommitted), StockAction::kRelease), StatusIs(kRefused));
  ExpectNothingChanged();
  EXPECT_THAT(End(Stored({{box_, 2}}).id.uuid(), StockAction::kRelease), StatusIs(kRefused, HasSubstr("of an order")));
  ExpectNothingChanged();
  state_.LoadLevel(Key(box_), {10, 1});
  EXPECT_THAT(End(External(box_), StockAction::kRelease), StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(ExternalReservationTest, Expire_External_IsReleased) {
  const domain::Uuid id = External(box_);
  EXPECT_THAT(Expire(id), fakes::IsOkAndHolds(true));
  EXPECT_EQ(StateOf(id), ReservationState::kReleased);
  EXPECT_THAT(EventTypes(), ElementsAre("InventoryReleased"));
  EXPECT_EQ(LevelOf(box_), (StockLevel{10, 0}));
}

TEST_F(ExternalReservationTest, Expire_PendingOrder_IsCancelled) {
  const domain::Order order = Stored({{box_, 2}});
  EXPECT_THAT(Expire(order.id.uuid()), fakes::IsOkAndHolds(true));
  EXPECT_EQ(state_.FindOrder(order.id)->status, OrderStatus::kCancelled);
  EXPECT_THAT(EventTypes(), ElementsAre("OrderStatusChanged", "OrderCancelled", "InventoryReleased"));
  EXPECT_EQ(LevelOf(box_), (StockLevel{10, 0}));
}

TEST_F(ExternalReservationTest, Expire_WhatIsToBeKept_ChangesNothing) {
  domain::Order paid = Stored({{box_, 2}});
  paid.payment.emplace();
  paid.payment->is_paid = true;
  state_.LoadOrder(paid);
  for (const domain::Uuid& id :
       {ids_.NewId(), External(box_, ReservationState::kReleased), External(box_, ReservationState::kCommitted),
        Stored({{box_, 2}}, OrderStatus::kProcessing).id.uuid(), paid.id.uuid()}) {
    EXPECT_THAT(Expire(id), fakes::IsOkAndHolds(false));
    ExpectNothingChanged();
  }
}

TEST_F(ExternalReservationTest, Expire_BookThatHoldsLess_IsRefused) {
  state_.LoadLevel(Key(box_), {10, 1});
  EXPECT_THAT(Expire(Stored({{box_, 2}}).id.uuid()), StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(effects_.empty());
  EXPECT_THAT(Expire(External(box_)), StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(effects_.empty());
}

}  // namespace
}  // namespace logistics::commands
