// What is there under a name that no new thing may have: keys and reservations of an earlier release.
#include "logistics/commands/create_order.hpp"
#include "logistics/commands/reserve_stock.hpp"
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::StockLevel;
using fakes::IsOk;
using fakes::IsOkAndHolds;

using NamesTest = CommandTest;

TEST_F(NamesTest, OrderOfAKeyThatIsThere_IsAnswered) {
  const auto box = Product("BOX", StockLevel{10, 0});
  const domain::Order made = Stored({{box, 1}});
  Claimed(Claim::kLostSame, made);
  EXPECT_THAT(Run(CreateOrder{OrderOf({{box, 1}}, "key\u200B")}), IsOkAndHolds(made));
}

TEST_F(NamesTest, ReservationOfAnIdThatIsThere_IsHeldStill) {
  const auto box = Product("BOX", StockLevel{10, 2});
  const domain::ExternalId id = domain::ExternalId::Of(" E2E-1");
  domain::Reservation reservation{id.uuid, warehouse_, domain::ReservationState::kHeld, {{box, "BOX", 2}}};
  reservation.external_text = id.text;
  state_.LoadReservation(reservation);
  const auto answer = Run(ReserveStock{{id, warehouse_, {{box, "", 2}}}});
  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(answer->held);
}

}  // namespace
}  // namespace logistics::commands
