#include "logistics/domain/external_reservation.hpp"

#include <gmock/gmock.h>

#include "fakes/status_matchers.hpp"

namespace logistics::domain {
namespace {

using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;

using fakes::kRefused;

Uuid IdOf(std::uint8_t number) {
  Uuid::Bytes bytes{};
  bytes[15] = number;
  return Uuid(bytes);
}
const ProductId kBox(IdOf(1));
const ProductId kLamp(IdOf(2));
const WarehouseId kHere(IdOf(8));
const Uuid kId = IdOf(9);

std::optional<StockItem> Find(const WantedItem& item) {
  if (item.product_id == kBox || (!item.product_id && item.sku == "BOX")) return StockItem{kBox, "BOX", 0};
  if (item.product_id == kLamp || (!item.product_id && item.sku == "LAMP")) return StockItem{kLamp, "LAMP", 0};
  return std::nullopt;
}

WantedReservation Wanted(const std::vector<WantedItem>& items) { return ResolveWanted(items, Find); }

Reservation In(ReservationState state) { return {kId, kHere, state, {{kBox, "BOX", 3}}}; }

TEST(ResolveWanted, SumsPiecesByProduct) {
  const WantedReservation hold = Wanted({{kLamp, "", 1}, {std::nullopt, "BOX", 2}, {kLamp, "LAMP", 4}});
  EXPECT_TRUE(hold.complete);
  EXPECT_THAT(hold.pieces, ElementsAre(StockItem{kBox, "BOX", 2}, StockItem{kLamp, "LAMP", 5}));
  ASSERT_EQ(hold.items.size(), 3U);
  EXPECT_EQ(hold.items[1].product_id, kBox);
  EXPECT_EQ(hold.items[1].sku, "BOX");
}

TEST(ResolveWanted, WhatIsNotFound_IsToldAndTheRestIsSummed) {
  const ProductId nobody(IdOf(7));
  const WantedReservation hold =
      Wanted({{nobody, "", 1}, {kBox, "LAMP", 1}, {std::nullopt, "CHAIR", 1}, {kBox, "", 1}});
  EXPECT_FALSE(hold.complete);
  EXPECT_THAT(hold.items[0].error, HasSubstr(nobody.ToString()));
  EXPECT_THAT(hold.items[1].error, HasSubstr("\"BOX\""));
  EXPECT_THAT(hold.items[2].error, HasSubstr("\"CHAIR\""));
  EXPECT_EQ(hold.items[3].error, "");
  EXPECT_THAT(hold.pieces, ElementsAre(StockItem{kBox, "BOX", 1}));
}

TEST(FillAvailability, CountsWhatIsFreeAndWhatThisHoldHasAlready) {
  StockBook book;
  book.Load({kBox, kHere}, {10, 9});
  WantedReservation hold = Wanted({{kBox, "", 3}, {kLamp, "", 1}});
  FillAvailability(hold, book, kHere, std::nullopt);
  EXPECT_EQ(hold.items[0].available, 1);
  EXPECT_FALSE(hold.items[0].in_stock);
  EXPECT_EQ(hold.items[0].error, "wanted 3, available 1");
  EXPECT_EQ(hold.items[1].available, 0);

  hold = Wanted({{kBox, "", 3}});
  FillAvailability(hold, book, kHere, In(ReservationState::kHeld));
  EXPECT_EQ(hold.items[0].available, 4);
  EXPECT_TRUE(hold.items[0].in_stock);
  hold = Wanted({{kBox, "", 3}});
  FillAvailability(hold, book, kHere, In(ReservationState::kReleased));
  EXPECT_EQ(hold.items[0].available, 1) << "a settled hold has nothing";
}

TEST(DecideReservation, EveryState) {
  const WantedReservation same = Wanted({{kBox, "", 1}, {std::nullopt, "BOX", 2}});
  EXPECT_THAT(DecideReservation(kId, kHere, same, std::nullopt, false), IsOkAndHolds(true));
  EXPECT_THAT(DecideReservation(kId, kHere, same, std::nullopt, true), StatusIs(kRefused)) << "an order without a hold";
  EXPECT_THAT(DecideReservation(kId, kHere, same, In(ReservationState::kHeld), true), StatusIs(kRefused));
  EXPECT_THAT(DecideReservation(kId, kHere, same, In(ReservationState::kHeld), false), IsOkAndHolds(false));
  constexpr auto kExists = absl::StatusCode::kAlreadyExists;
  EXPECT_THAT(DecideReservation(kId, WarehouseId(), same, In(ReservationState::kHeld), false), StatusIs(kExists));
  EXPECT_THAT(DecideReservation(kId, kHere, Wanted({{kBox, "", 4}}), In(ReservationState::kHeld), false),
              StatusIs(kExists));
  const WantedReservation incomplete = Wanted({{kBox, "", 3}, {std::nullopt, "CHAIR", 1}});
  EXPECT_THAT(DecideReservation(kId, kHere, incomplete, In(ReservationState::kHeld), false), StatusIs(kExists));
  for (const auto state : {ReservationState::kReleased, ReservationState::kCommitted, ReservationState::kRestocked}) {
    EXPECT_THAT(DecideReservation(kId, kHere, same, In(state), false),
                StatusIs(kRefused, HasSubstr(std::string(ReservationStateName(state)))));
  }
}

TEST(DecideEnd, EveryState) {
  const auto decide = [](StockAction action, ReservationState state, bool is_order = false) {
    return DecideEnd(kId, action, In(state), is_order);
  };
  constexpr auto kRelease = StockAction::kRelease;
  constexpr auto kCommit = StockAction::kCommit;
  for (const StockAction action : {kRelease, kCommit}) {
    EXPECT_THAT(DecideEnd(kId, action, std::nullopt, false), StatusIs(absl::StatusCode::kNotFound));
    EXPECT_THAT(decide(action, ReservationState::kHeld), IsOkAndHolds(true));
    EXPECT_THAT(decide(action, ReservationState::kRestocked), StatusIs(kRefused));
    for (const auto state : {ReservationState::kHeld, ReservationState::kReleased, ReservationState::kCommitted}) {
      EXPECT_THAT(decide(action, state, true), StatusIs(kRefused));
    }
  }
  EXPECT_THAT(decide(kRelease, ReservationState::kReleased), IsOkAndHolds(false));
  EXPECT_THAT(decide(kCommit, ReservationState::kCommitted), IsOkAndHolds(false));
  EXPECT_THAT(decide(kRelease, ReservationState::kCommitted), StatusIs(kRefused));
  EXPECT_THAT(decide(kCommit, ReservationState::kReleased), StatusIs(kRefused));
}

TEST(DecideExpiry, OnlyWhatIsHeldAndWaits) {
  Order order;
  const Reservation held = In(ReservationState::kHeld);
  EXPECT_EQ(DecideExpiry(std::nullopt, std::nullopt), Expiry::kKeep);
  EXPECT_EQ(DecideExpiry(held, std::nullopt), Expiry::kRelease);
  for (int status = 1; status <= 6; ++status) {
    order.status = static_cast<OrderStatus>(status);
    EXPECT_EQ(DecideExpiry(held, order), status == 1 ? Expiry::kCancelOrder : Expiry::kKeep);
  }
  order.status = OrderStatus::kPending;
  order.payment.emplace();
  EXPECT_EQ(DecideExpiry(held, order), Expiry::kCancelOrder);
  order.payment->is_paid = true;
  EXPECT_EQ(DecideExpiry(held, order), Expiry::kKeep);
  for (const auto state : {ReservationState::kReleased, ReservationState::kCommitted, ReservationState::kRestocked}) {
    EXPECT_EQ(DecideExpiry(In(state), std::nullopt), Expiry::kKeep);
  }
}

TEST(ExternalId, OfAText_IsItsUuidOrOneMadeOfIt) {
  const ExternalId named = ExternalId::Of("E2E-ORDER-535abf72");
  EXPECT_EQ(named.uuid.ToString(), "7c2ff445-4ca2-53a6-9dbe-f4d14a6dcb78");
  EXPECT_EQ(named.text, "E2E-ORDER-535abf72");
  const ExternalId uuid = ExternalId::Of("0123ABCD-EF01-2345-6789-ABCDEFABCDEF");
  EXPECT_EQ(uuid.text, "0123abcd-ef01-2345-6789-abcdefabcdef");
  EXPECT_EQ(uuid, ExternalId(uuid.uuid));
}

}  // namespace
}  // namespace logistics::domain
