#include "logistics/commands/change_status.hpp"

#include "logistics/domain/limits.hpp"
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::ReservationState;
using domain::SagaStep;
using domain::StockLevel;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::kRefused;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class ChangeStatusTest : public CommandTest {
 protected:
  const domain::ProductId box_ = Product("BOX", StockLevel{10, 3});

  absl::StatusOr<domain::Order> Change(const domain::Order& order, OrderStatus status,
                                       std::optional<std::int64_t> expected_version = std::nullopt) {
    return Run(ChangeStatus{{order.id, status, "because", "anna", expected_version}});
  }
};

// What a change means for the stock, by the state that the reservation is in.
struct Meaning {
  const char* name;
  OrderStatus from;
  OrderStatus to;
  ReservationState before;
  ReservationState after;
  StockLevel level;  // of {10, 3}, for an order of three pieces
  std::vector<std::string> events;
  bool restock_returns = false;
};

class ChangeMeaningTest : public ChangeStatusTest, public testing::WithParamInterface<Meaning> {};

TEST_P(ChangeMeaningTest, MovesStockAndEmits) {
  const Meaning& meaning = GetParam();
  policy_.restock_returns = meaning.restock_returns;
  const domain::Order before = Stored({{box_, 3}}, meaning.from, meaning.before);
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Change(before, meaning.to));
  EXPECT_EQ(order.status, meaning.to);
  EXPECT_EQ(order.version, before.version + 1);
  EXPECT_EQ(order.updated_at, now_);
  EXPECT_THAT(effects_.changed_orders, ElementsAre(order));
  EXPECT_EQ(*state_.FindOrder(order.id), order);
  ASSERT_THAT(effects_.history, SizeIs(1));
  EXPECT_EQ(effects_.history[0].previous, meaning.from);
  EXPECT_EQ(effects_.history[0].changed_by, "anna");
  EXPECT_EQ(StateOf(order.id.uuid()), meaning.after);
  EXPECT_EQ(LevelOf(box_), meaning.level);
  EXPECT_EQ(EventTypes(), meaning.events);
  const std::size_t moved = meaning.before == meaning.after ? 0 : 1;
  EXPECT_THAT(effects_.changed_reservations, SizeIs(moved));
  EXPECT_THAT(effects_.movements, SizeIs(moved));
  EXPECT_THAT(effects_.levels, SizeIs(moved));
  EXPECT_TRUE(effects_.settlements.empty());
}

const StockLevel kUntouched{10, 3};
INSTANTIATE_TEST_SUITE_P(Each, ChangeMeaningTest,
                         testing::Values(Meaning{"Processing",
                                                 OrderStatus::kPending,
                                                 OrderStatus::kProcessing,
                                                 ReservationState::kHeld,
                                                 ReservationState::kHeld,
                                                 kUntouched,
                                                 {"OrderStatusChanged"}},
                                         Meaning{"Shipped_Commits",
                                                 OrderStatus::kProcessing,
                                                 OrderStatus::kShipped,
                                                 ReservationState::kHeld,
                                                 ReservationState::kCommitted,
                                                 {7, 0},
                                                 {"OrderStatusChanged", "InventoryUpdated"}},
                                         Meaning{"Shipped_CommittedBefore",
                                                 OrderStatus::kProcessing,
                                                 OrderStatus::kShipped,
                                                 ReservationState::kCommitted,
                                                 ReservationState::kCommitted,
                                                 kUntouched,
                                                 {"OrderStatusChanged"}},
                                         Meaning{"Cancelled_Releases",
                                                 OrderStatus::kPending,
                                                 OrderStatus::kCancelled,
                                                 ReservationState::kHeld,
                                                 ReservationState::kReleased,
                                                 {10, 0},
                                                 {"OrderStatusChanged", "OrderCancelled", "InventoryReleased"}},
                                         Meaning{"Cancelled_RestocksWhatWasCommitted",
                                                 OrderStatus::kPending,
                                                 OrderStatus::kCancelled,
                                                 ReservationState::kCommitted,
                                                 ReservationState::kRestocked,
                                                 {13, 3},
                                                 {"OrderStatusChanged", "OrderCancelled", "InventoryUpdated"}},
                                         Meaning{"Returned_Stays",
                                                 OrderStatus::kDelivered,
                                                 OrderStatus::kReturned,
                                                 ReservationState::kCommitted,
                                                 ReservationState::kCommitted,
                                                 kUntouched,
                                                 {"OrderStatusChanged"}},
                                         Meaning{"Returned_Restocks",
                                                 OrderStatus::kDelivered,
                                                 OrderStatus::kReturned,
                                                 ReservationState::kCommitted,
                                                 ReservationState::kRestocked,
                                                 {13, 3},
                                                 {"OrderStatusChanged", "InventoryUpdated"},
                                                 true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(ChangeStatusTest, StockAtAPeer_BecomesStepsForTheSaga) {
  policy_.restock_returns = true;
  const domain::ProductId lamp = Product("LAMP");
  const struct {
    OrderStatus from, to;
    ReservationState before;
    std::vector<SagaStep> steps;
  } cases[] = {
      {OrderStatus::kPending, OrderStatus::kCancelled, ReservationState::kHeld, {{SagaStep::Kind::kRelease, 0}}},
      {OrderStatus::kProcessing, OrderStatus::kShipped, ReservationState::kHeld, {{SagaStep::Kind::kCommit, 0}}},
      {OrderStatus::kDelivered,
       OrderStatus::kReturned,
       ReservationState::kCommitted,
       {{SagaStep::Kind::kRestock, 0}, {SagaStep::Kind::kRestock, 1}}},
  };
  for (const auto& one : cases) {
    const domain::Order order = Stored({{box_, 3}, {lamp, 1}}, one.from, one.before);
    domain::Reservation at_peer = *state_.FindReservation(order.id);
    at_peer.keeper = domain::StockKeeper::kPeer;
    state_.Put(at_peer);
    ASSERT_THAT(Change(order, one.to), IsOk());
    ASSERT_THAT(effects_.settlements, SizeIs(1));
    EXPECT_EQ(effects_.settlements[0].reservation_id, order.id.uuid());
    EXPECT_EQ(effects_.settlements[0].steps, one.steps);
    EXPECT_TRUE(effects_.movements.empty());
    EXPECT_TRUE(effects_.levels.empty());
  }
}

TEST_F(ChangeStatusTest, SameStatus_AnswersTheOrderAndWritesNothing) {
  const domain::Order order = Stored({{box_, 3}}, OrderStatus::kProcessing);
  EXPECT_THAT(Change(order, OrderStatus::kProcessing), IsOkAndHolds(order));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(ChangeStatusTest, ClockBehindTheOrder_DoesNotTakeItsTimeBack) {
  domain::Order order = Stored({{box_, 3}});
  order.updated_at = now_ + absl::Minutes(1);
  state_.LoadOrder(order);
  ASSERT_OK_AND_ASSIGN(const domain::Order changed, Change(order, OrderStatus::kProcessing));
  EXPECT_EQ(changed.updated_at, order.updated_at);
}

class ChangeRefusalTest : public ChangeStatusTest {
 protected:
  void ExpectNothingChanged(const domain::Order& order, ReservationState state, const StockLevel& level) {
    EXPECT_TRUE(effects_.empty());
    EXPECT_EQ(*state_.FindOrder(order.id), order);
    EXPECT_EQ(StateOf(order.id.uuid()), state);
    EXPECT_EQ(LevelOf(box_), level);
  }
};

TEST_F(ChangeRefusalTest, UnknownOrder) {
  domain::Order unknown;
  unknown.id = domain::OrderId(ids_.NewId());
  EXPECT_THAT(Change(unknown, OrderStatus::kShipped), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(ChangeRefusalTest, IllegalChange) {
  const domain::Order order = Stored({{box_, 3}});
  EXPECT_THAT(Change(order, OrderStatus::kDelivered), StatusIs(kRefused, HasSubstr("from Pending to Delivered")));
  ExpectNothingChanged(order, ReservationState::kHeld, kUntouched);
}

TEST_F(ChangeRefusalTest, AnotherVersion) {
  const domain::Order order = Stored({{box_, 3}});
  EXPECT_THAT(Change(order, OrderStatus::kProcessing, 7), StatusIs(absl::StatusCode::kAborted, HasSubstr("version 7")));
  ExpectNothingChanged(order, ReservationState::kHeld, kUntouched);
}

// Decided after history and events are noted: they go again.
TEST_F(ChangeRefusalTest, BookThatHoldsLessThanTheReservation) {
  state_.LoadLevel(Key(box_), {10, 1});
  const domain::Order order = Stored({{box_, 3}});
  EXPECT_THAT(Change(order, OrderStatus::kCancelled), StatusIs(absl::StatusCode::kInternal));
  ExpectNothingChanged(order, ReservationState::kHeld, {10, 1});
}

// Whatever the mode is by now: an order is ended where its stock was reserved.
TEST_F(ChangeStatusTest, StockInOurBooks_StaysOursBesideThatOfAPeer) {
  const domain::Order ours = Stored({{box_, 3}});
  const domain::Order theirs = Stored({{box_, 3}});
  domain::Reservation at_peer = *state_.FindReservation(theirs.id);
  at_peer.keeper = domain::StockKeeper::kPeer;
  state_.Put(at_peer);
  ASSERT_THAT(Change(ours, OrderStatus::kCancelled), IsOk());
  EXPECT_THAT(effects_.settlements, testing::IsEmpty());
  EXPECT_THAT(effects_.movements, testing::SizeIs(1));
  ASSERT_THAT(Change(theirs, OrderStatus::kCancelled), IsOk());
  EXPECT_THAT(effects_.settlements, testing::SizeIs(1));
  EXPECT_THAT(effects_.movements, testing::IsEmpty());
}

// Pieces that cannot go back are recorded for an operator; the order ends.
TEST_F(ChangeStatusTest, RestockAboveTheLimit_EndsTheOrderAndRecordsWhatDidNotGoBack) {
  const domain::ProductId full = Product("FULL", domain::StockLevel{domain::kStockQuantityMax - 2, 0});
  const domain::StockLevel box = LevelOf(box_);
  const domain::Order order = Stored({{full, 3}, {box_, 2}}, OrderStatus::kPending, ReservationState::kCommitted);
  ASSERT_THAT(Change(order, OrderStatus::kCancelled), IsOk());
  EXPECT_EQ(LevelOf(full), (domain::StockLevel{domain::kStockQuantityMax - 2, 0}));
  EXPECT_EQ(LevelOf(box_).quantity, box.quantity + 2);
  ASSERT_THAT(effects_.refused_restocks, testing::SizeIs(1));
  EXPECT_EQ(effects_.refused_restocks[0].reservation_id, order.id.uuid());
  EXPECT_EQ(effects_.refused_restocks[0].level, Key(full));
  EXPECT_EQ(effects_.refused_restocks[0].quantity, 3);
  EXPECT_EQ(StateOf(order.id.uuid()), ReservationState::kRestocked);
}

}  // namespace
}  // namespace logistics::commands
