#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::ReservationState;

class StateTest : public CommandTest {};

TEST_F(StateTest, Journal_ReadsWhatItsStateHas) {
  const domain::ProductId box = Product("BOX", domain::StockLevel{10, 2});
  const domain::Order order = Stored({{box, 2}});
  Claimed(Claim::kWon);
  state_.LoadMessage(0, {.done = true});
  const State journal = state_.Journal();
  EXPECT_EQ(*journal.FindOrder(order.id), order);
  EXPECT_EQ(journal.FindReservation(order.id)->state, ReservationState::kHeld);
  EXPECT_EQ(journal.FindProduct("BOX")->id, box);
  EXPECT_EQ(journal.FindClaim(0)->claim, Claim::kWon);
  EXPECT_TRUE(journal.FindMessage(0)->done);
  EXPECT_EQ(journal.stock().Find(Key(box)), (domain::StockLevel{10, 2}));
}

TEST_F(StateTest, Journal_WhatDoesNotExist_IsNull) {
  const State journal = state_.Journal();
  const domain::OrderId nobody(ids_.NewId());
  EXPECT_EQ(journal.FindOrder(nobody), nullptr);
  EXPECT_EQ(journal.FindReservation(nobody), nullptr);
  EXPECT_EQ(journal.FindProduct("CHAIR"), nullptr);
  EXPECT_EQ(journal.FindProduct(domain::ProductId(ids_.NewId())), nullptr);
  EXPECT_EQ(journal.FindClaim(0), nullptr);
  EXPECT_EQ(journal.FindMessage(0), nullptr);
  EXPECT_EQ(journal.stock().Find(Key(domain::ProductId(ids_.NewId()))), std::nullopt);
}

TEST_F(StateTest, DroppedJournal_HasChangedNothing) {
  const domain::ProductId box = Product("BOX", domain::StockLevel{10, 2});
  domain::Order order = Stored({{box, 2}});
  {
    State journal = state_.Journal();
    std::vector<domain::StockMovement> movements;
    EXPECT_THAT(journal.stock().Adjust(Key(box), -5, movements), fakes::IsOk());
    domain::Order moved = order;
    moved.status = OrderStatus::kProcessing;
    journal.Put(moved);
    domain::Reservation reservation = *journal.FindReservation(order.id);
    reservation.state = ReservationState::kReleased;
    journal.Put(reservation);
    EXPECT_EQ(journal.stock().Find(Key(box)), (domain::StockLevel{5, 2}));
    EXPECT_EQ(journal.FindOrder(order.id)->status, OrderStatus::kProcessing);
  }
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 2}));
  EXPECT_EQ(*state_.FindOrder(order.id), order);
  EXPECT_EQ(StateOf(order.id.uuid()), ReservationState::kHeld);
  EXPECT_TRUE(state_.stock().ChangedLevels().empty());
}

TEST_F(StateTest, Merge_TakesOverWhatTheJournalChanged) {
  const domain::ProductId box = Product("BOX", domain::StockLevel{10, 2});
  const domain::ProductId lamp = Product("LAMP");
  domain::Order order = Stored({{box, 2}});
  State journal = state_.Journal();
  std::vector<domain::StockMovement> movements;
  EXPECT_THAT(journal.stock().Adjust(Key(box), -5, movements), fakes::IsOk());
  EXPECT_THAT(journal.stock().Adjust(Key(lamp), 7, movements), fakes::IsOk());
  order.status = OrderStatus::kProcessing;
  journal.Put(order);
  state_.Merge(std::move(journal));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{5, 2}));
  EXPECT_EQ(LevelOf(lamp), (domain::StockLevel{7, 0}));
  EXPECT_EQ(*state_.FindOrder(order.id), order);
  const auto changed = state_.stock().ChangedLevels();
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_NE(changed[0].created, changed[1].created) << "one was loaded, the other is new";
}

}  // namespace
}  // namespace logistics::commands
