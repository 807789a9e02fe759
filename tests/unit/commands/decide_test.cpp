// Batches: commands are decided in arrival order, each by itself.
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::StockLevel;
using fakes::IsOk;
using fakes::kRefused;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DecideTest : public CommandTest {
 protected:
  const domain::ProductId box_ = Product("BOX", StockLevel{10, 0});

  Decision DecideAll(const std::vector<Command>& commands) {
    std::vector<Item> items;
    items.reserve(commands.size());
    for (const Command& command : commands) {
      items.emplace_back(command, Cause{"call " + std::to_string(items.size()), ""});
    }
    return Decide(items, state_, policy_, ids_, now_);
  }
};

TEST_F(DecideTest, LaterCommands_SeeWhatEarlierOnesLeft) {
  const Decision decision = DecideAll({CreateOrder{OrderOf({{box_, 7}})}, CreateOrder{OrderOf({{box_, 4}})},
                                       AdjustStock{{Key(box_), 1, "found", ""}}, CreateOrder{OrderOf({{box_, 4}})}});
  EXPECT_THAT(decision.outcomes[0], IsOk());
  EXPECT_THAT(decision.outcomes[1], StatusIs(kRefused, HasSubstr("wanted 4, available 3")));
  EXPECT_THAT(decision.outcomes[2], IsOk());
  EXPECT_THAT(decision.outcomes[3], IsOk());
  ASSERT_THAT(decision.effects.levels, SizeIs(1)) << "changes of one level are folded";
  EXPECT_EQ(decision.effects.levels.at(Key(box_)).level, (StockLevel{11, 11}));
  EXPECT_THAT(decision.effects.movements, SizeIs(3));
  EXPECT_THAT(decision.effects.new_orders, SizeIs(2));
}

TEST_F(DecideTest, EventsCarryTheCauseOfTheirOwnCommand) {
  const Decision decision =
      DecideAll({AdjustStock{{Key(box_), 1, "found", ""}}, AdjustStock{{Key(box_), 1, "found", ""}}});
  ASSERT_THAT(decision.effects.outbox, SizeIs(2));
  EXPECT_EQ(decision.effects.outbox[0].cause.correlation_id, "call 0");
  EXPECT_EQ(decision.effects.outbox[1].cause.correlation_id, "call 1");
}

TEST_F(DecideTest, RefusedCommands_FreeTheKeysThatTheyHadWon) {
  state_.LoadClaim(0, {Claim::kWon, std::nullopt});
  state_.LoadClaim(1, {Claim::kWon, std::nullopt});
  state_.LoadClaim(2, {Claim::kLostOther, std::nullopt});
  const Decision decision = DecideAll({CreateOrder{OrderOf({{box_, 1}}, "a")}, CreateOrder{OrderOf({{box_, 99}}, "b")},
                                       CreateOrder{OrderOf({{box_, 1}}, "c")}});
  EXPECT_THAT(decision.outcomes[0], IsOk());
  EXPECT_THAT(decision.outcomes[2], StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(decision.unused_keys, ElementsAre(1));
}

TEST_F(DecideTest, TwoCommandsThatShareAConflictKey_TheSecondIsRefused) {
  const domain::Order order = Stored({{box_, 1}});
  const ChangeStatus change{{order.id, domain::OrderStatus::kProcessing, "", "", std::nullopt}};
  const Decision decision = DecideAll({change, ExpireReservation{order.id.uuid()}});
  EXPECT_THAT(decision.outcomes[0], IsOk());
  EXPECT_THAT(decision.outcomes[1], StatusIs(absl::StatusCode::kInternal, HasSubstr("conflict key")));
  EXPECT_THAT(decision.effects.changed_orders, SizeIs(1));
}

TEST_F(DecideTest, NoCommands_NoEffects) { EXPECT_TRUE(DecideAll({}).effects.empty()); }

using Kind = ConflictKey::Kind;

std::vector<Kind> KindsIn(const Needs& needs) {
  std::vector<Kind> kinds;
  for (const ConflictKey& key : needs.conflict_keys) kinds.push_back(key.kind);
  return kinds;
}

TEST_F(DecideTest, Needs_OfEachCommand) {
  const domain::NewOrder keyed = OrderOf({{box_, 1}}, "key");
  const domain::Uuid id = ids_.NewId();
  const Needs create = NeedsOf(Command(CreateOrder{keyed}));
  EXPECT_THAT(KindsIn(create), ElementsAre(Kind::kIdempotencyKey));
  EXPECT_EQ(create.key->order_id, keyed.order.id);
  EXPECT_THAT(create.product_ids, ElementsAre(box_));
  EXPECT_EQ(create.order, std::nullopt);
  EXPECT_THAT(KindsIn(NeedsOf(Command(CreateOrder{OrderOf({{box_, 1}})}))), IsEmpty());
  EXPECT_THAT(KindsIn(NeedsOf(Command(OpenIntent{keyed}))), ElementsAre(Kind::kIdempotencyKey, Kind::kOrder));

  domain::Product lamp;
  lamp.sku = "LAMP";
  const Needs product = NeedsOf(Command(CreateProduct{lamp}));
  EXPECT_THAT(KindsIn(product), ElementsAre(Kind::kSku));
  EXPECT_EQ(product.new_product->sku, "LAMP");
  const Needs adjust = NeedsOf(Command(AdjustStock{{Key(box_), 1, "", ""}}));
  EXPECT_THAT(KindsIn(adjust), IsEmpty()) << "adjustments of one level are folded";
  EXPECT_THAT(adjust.product_ids, ElementsAre(box_));

  for (const Command& command :
       {Command(ChangeStatus{{domain::OrderId(id), {}, "", "", std::nullopt}}),
        Command(ReserveStock{{id, warehouse_, {}}}), Command(EndReservation{id, domain::StockAction::kRelease, ""}),
        Command(ExpireReservation{id}), Command(AbandonIntent{{id, {}, "", false}})}) {
    const Needs needs = NeedsOf(command);
    EXPECT_THAT(needs.conflict_keys, ElementsAre(OrderConflict(domain::OrderId(id))));
    EXPECT_EQ(needs.order, domain::OrderId(id));
  }
  EXPECT_EQ(NeedsOf(Command(CompleteIntent{keyed})).order, keyed.order.id);

  domain::PaymentNotice notice;
  notice.order_id = domain::OrderId(id);
  notice.payment_id = ids_.NewId();
  const Needs payment = NeedsOf(Command(ApplyPayment{notice, {"payments", "m", std::nullopt}}));
  EXPECT_THAT(KindsIn(payment), ElementsAre(Kind::kOrder, Kind::kMessage, Kind::kPayment));
  EXPECT_EQ(payment.message->payment_id, notice.payment_id);
  EXPECT_EQ(payment.order, domain::OrderId(id));
}

TEST_F(DecideTest, StockNeeds_AreTheLevelsThatTheCommandMayChange) {
  const domain::Order order = Stored({{box_, 1}});
  const auto levels_of = [&](const Command& command) { return StockNeedsOf(command, state_).levels; };
  const domain::LevelKey key = Key(box_);
  domain::NewOrder by_sku = OrderOf({{box_, 1}});
  by_sku.order.lines[0].product_id = std::nullopt;
  by_sku.order.lines[0].sku = "BOX";
  EXPECT_THAT(levels_of(CreateOrder{by_sku}), ElementsAre(key));
  EXPECT_THAT(levels_of(CreateOrder{OrderOf({{box_, 1}})}), ElementsAre(key));
  EXPECT_THAT(levels_of(ChangeStatus{{order.id, {}, "", "", std::nullopt}}), ElementsAre(key));
  EXPECT_THAT(levels_of(AdjustStock{{key, 1, "", ""}}), ElementsAre(key));
  EXPECT_THAT(
      levels_of(ReserveStock{{ids_.NewId(), warehouse_, {{std::nullopt, "BOX", 1}, {std::nullopt, "NONE", 1}}}}),
      ElementsAre(key));
  EXPECT_THAT(levels_of(EndReservation{order.id.uuid(), domain::StockAction::kRelease, ""}), ElementsAre(key));
  EXPECT_THAT(levels_of(ExpireReservation{order.id.uuid()}), ElementsAre(key));
  domain::PaymentNotice notice;
  notice.order_id = order.id;
  EXPECT_THAT(levels_of(ApplyPayment{notice, {}}), ElementsAre(key));
  EXPECT_THAT(levels_of(ChangeStatus{{domain::OrderId(ids_.NewId()), {}, "", "", std::nullopt}}), IsEmpty());
}

}  // namespace
}  // namespace logistics::commands
