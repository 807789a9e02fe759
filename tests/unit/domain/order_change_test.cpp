#include "logistics/domain/order_change.hpp"

#include <gmock/gmock.h>

#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::domain {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;

constexpr StockPolicy kRestocking{CommitOn::kShipped, true};

Order OrderIn(OrderStatus status) {
  Order order;
  order.status = status;
  order.version = 7;
  return order;
}

StatusChange ChangeTo(OrderStatus status, std::optional<std::int64_t> expected_version = std::nullopt) {
  return {OrderId(), status, "", "", expected_version};
}

Reservation ReservationIn(ReservationState state) { return {Uuid(), WarehouseId(), state, {}}; }

StockAction ActionOf(OrderStatus from, OrderStatus to, ReservationState state, const StockPolicy& policy) {
  const auto decision = DecideChange(OrderIn(from), ReservationIn(state), ChangeTo(to), policy);
  EXPECT_THAT(decision, fakes::IsOk());
  EXPECT_TRUE(decision->changes);
  return decision->stock;
}

TEST(DecideChange, EveryPairOfStatuses_IsLegalChangeSameOrRefused) {
  for (int from = 1; from <= 6; ++from) {
    for (int to = 0; to <= 6; ++to) {
      const auto from_status = static_cast<OrderStatus>(from);
      const auto to_status = static_cast<OrderStatus>(to);
      const auto decision = DecideChange(OrderIn(from_status), std::nullopt, ChangeTo(to_status), {});
      if (from == to) {
        ASSERT_THAT(decision, fakes::IsOk());
        EXPECT_FALSE(decision->changes);
        EXPECT_EQ(decision->stock, StockAction::kNone);
      } else if (IsLegalChange(from_status, to_status)) {
        ASSERT_THAT(decision, fakes::IsOk());
        EXPECT_TRUE(decision->changes);
      } else {
        EXPECT_THAT(decision, StatusIs(absl::StatusCode::kFailedPrecondition));
      }
    }
  }
}

TEST(DecideChange, IllegalChange_SaysBothStates) {
  const auto decision =
      DecideChange(OrderIn(OrderStatus::kDelivered), std::nullopt, ChangeTo(OrderStatus::kPending), {});
  EXPECT_THAT(decision, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("from Delivered to Pending")));
  const auto violations = ConditionViolationsOf(decision.status());
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].type, "ORDER_STATUS");
}

TEST(DecideChange, OtherVersionExpected_IsAbortedWithBoth_EvenForTheSameStatus) {
  for (const OrderStatus to : {OrderStatus::kProcessing, OrderStatus::kPending, OrderStatus::kReturned}) {
    const auto decision = DecideChange(OrderIn(OrderStatus::kPending), std::nullopt, ChangeTo(to, 6), {});
    EXPECT_THAT(decision, StatusIs(absl::StatusCode::kAborted, HasSubstr("expected version 6, the order is at 7")));
    EXPECT_EQ(ConditionViolationsOf(decision.status()).size(), 1U);
  }
  EXPECT_THAT(DecideChange(OrderIn(OrderStatus::kPending), std::nullopt, ChangeTo(OrderStatus::kProcessing, 7), {}),
              fakes::IsOk());
}

TEST(DecideChange, Cancelling_ReleasesWhatIsHeld_AndRestocksWhatIsCommitted) {
  for (const StockPolicy& policy : {StockPolicy{}, kRestocking, StockPolicy{CommitOn::kCreated, false}}) {
    for (const OrderStatus from : {OrderStatus::kPending, OrderStatus::kProcessing}) {
      EXPECT_EQ(ActionOf(from, OrderStatus::kCancelled, ReservationState::kHeld, policy), StockAction::kRelease);
      EXPECT_EQ(ActionOf(from, OrderStatus::kCancelled, ReservationState::kCommitted, policy), StockAction::kRestock);
      EXPECT_EQ(ActionOf(from, OrderStatus::kCancelled, ReservationState::kReleased, policy), StockAction::kNone);
      EXPECT_EQ(ActionOf(from, OrderStatus::kCancelled, ReservationState::kRestocked, policy), StockAction::kNone);
    }
  }
}

TEST(DecideChange, Shipping_CommitsWhatIsHeld_Once) {
  const auto action = [](ReservationState state) {
    return ActionOf(OrderStatus::kProcessing, OrderStatus::kShipped, state, {});
  };
  EXPECT_EQ(action(ReservationState::kHeld), StockAction::kCommit);
  EXPECT_EQ(action(ReservationState::kCommitted), StockAction::kNone);
  EXPECT_EQ(action(ReservationState::kReleased), StockAction::kNone);
}

TEST(DecideChange, Returning_RestocksOnlyWhenAskedAndOnce) {
  for (const OrderStatus from : {OrderStatus::kShipped, OrderStatus::kDelivered}) {
    const auto action = [from](ReservationState state, const StockPolicy& policy) {
      return ActionOf(from, OrderStatus::kReturned, state, policy);
    };
    EXPECT_EQ(action(ReservationState::kCommitted, {}), StockAction::kNone);
    EXPECT_EQ(action(ReservationState::kCommitted, kRestocking), StockAction::kRestock);
    EXPECT_EQ(action(ReservationState::kRestocked, kRestocking), StockAction::kNone);
  }
}

TEST(DecideChange, OtherChangesAndOrdersWithoutReservation_LeaveStockAlone) {
  EXPECT_EQ(ActionOf(OrderStatus::kPending, OrderStatus::kProcessing, ReservationState::kHeld, kRestocking),
            StockAction::kNone);
  EXPECT_EQ(ActionOf(OrderStatus::kShipped, OrderStatus::kDelivered, ReservationState::kCommitted, kRestocking),
            StockAction::kNone);
  const auto decision =
      DecideChange(OrderIn(OrderStatus::kPending), std::nullopt, ChangeTo(OrderStatus::kCancelled), kRestocking);
  ASSERT_THAT(decision, fakes::IsOk());
  EXPECT_EQ(decision->stock, StockAction::kNone);
}

TEST(ReservationState, Names_ReadBack) {
  for (const ReservationState state : {ReservationState::kHeld, ReservationState::kReleased,
                                       ReservationState::kCommitted, ReservationState::kRestocked}) {
    EXPECT_EQ(ReservationStateFromName(ReservationStateName(state)), state);
  }
  EXPECT_FALSE(ReservationStateFromName("lost"));
}

}  // namespace
}  // namespace logistics::domain
