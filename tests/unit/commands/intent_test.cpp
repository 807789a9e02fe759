// OpenIntent, CompleteIntent, AbandonIntent: an order whose stock a peer keeps.
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::ReservationState;
using domain::SagaStep;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::IntentAnswer;
using ports::IntentRelease;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const SagaStep kRelease{SagaStep::Kind::kRelease, 0};
const SagaStep kReleaseAgain{SagaStep::Kind::kReleaseAgain, 0};

class IntentTest : public CommandTest {
 protected:
  domain::NewOrder Wanted(const std::string& key = "", bool paid = false) {
    domain::NewOrder order = OrderOf({{box_, 2}}, key, paid);
    order.order.lines[0].sku = "BOX";  // the directory has resolved it
    return order;
  }
  domain::NewOrder Opened(ReservationState state = ReservationState::kIntent) {
    domain::NewOrder order = Wanted();
    state_.LoadReservation({order.order.id.uuid(), warehouse_, state, domain::SumByProduct(order.order.lines),
                            domain::StockKeeper::kPeer});
    return order;
  }
  absl::StatusOr<bool> Abandon(const domain::NewOrder& order, IntentRelease release, bool only_an_intent = false) {
    const auto answer = Run(AbandonIntent{{order.order.id.uuid(), release, "gave up", only_an_intent}});
    if (!answer.ok()) return answer.status();
    return answer->changed;
  }

  const domain::ProductId box_ = Product("BOX");
};

TEST_F(IntentTest, Open_IsARowBeforeThePeerIsCalled) {
  Claimed(Claim::kWon);
  const domain::NewOrder order = Wanted("key");
  ASSERT_OK_AND_ASSIGN(const IntentAnswer answer, Run(OpenIntent{order}));
  EXPECT_EQ(answer.outcome, IntentAnswer::Outcome::kOpened);
  ASSERT_THAT(effects_.new_reservations, SizeIs(1));
  EXPECT_EQ(effects_.new_reservations[0].state, ReservationState::kIntent);
  EXPECT_EQ(effects_.new_reservations[0].keeper, domain::StockKeeper::kPeer);
  ASSERT_THAT(effects_.claimed_intent_keys, SizeIs(1));
  EXPECT_EQ(effects_.claimed_intent_keys[0].key, "key");
  EXPECT_THAT(effects_.outbox, IsEmpty());
  EXPECT_THAT(effects_.new_orders, IsEmpty());
}

TEST_F(IntentTest, Open_WithoutKey_ClaimsNone) {
  ASSERT_THAT(Run(OpenIntent{Wanted()}), IsOk());
  EXPECT_THAT(effects_.claimed_intent_keys, IsEmpty());
}

TEST_F(IntentTest, Open_KeyThatIsTaken) {
  const domain::Order made = Stored({{box_, 2}});
  Claimed(Claim::kLostSame, made);
  ASSERT_OK_AND_ASSIGN(IntentAnswer answer, Run(OpenIntent{Wanted("key")}));
  EXPECT_EQ(answer.outcome, IntentAnswer::Outcome::kExists);
  EXPECT_EQ(answer.existing, made);
  EXPECT_TRUE(effects_.empty());

  Claimed(Claim::kLostGone);
  ASSERT_OK_AND_ASSIGN(answer, Run(OpenIntent{Wanted("key")}));
  EXPECT_EQ(answer.outcome, IntentAnswer::Outcome::kPending);
  EXPECT_TRUE(effects_.empty());

  Claimed(Claim::kLostOther);
  EXPECT_THAT(Run(OpenIntent{Wanted("key")}), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(IntentTest, Complete_StoresTheOrderAndMovesTheIntentOn) {
  const domain::NewOrder order = Opened();
  ASSERT_OK_AND_ASSIGN(const domain::Order stored, Run(CompleteIntent{order}));
  EXPECT_THAT(effects_.new_orders, ElementsAre(stored));
  EXPECT_EQ(stored.created_at, now_);
  ASSERT_THAT(effects_.changed_reservations, SizeIs(1));
  EXPECT_EQ(effects_.changed_reservations[0].state, ReservationState::kHeld);
  EXPECT_THAT(effects_.completed_intents, ElementsAre(order.order.id.uuid()));
  EXPECT_THAT(EventTypes(), ElementsAre("OrderCreated", "InventoryReserved"));
  EXPECT_TRUE(effects_.levels.empty()) << "the peer keeps the stock";
}

TEST_F(IntentTest, Complete_CommitOnCreated_LeavesAStepForThePeer) {
  policy_.commit_on = domain::CommitOn::kCreated;
  ASSERT_THAT(Run(CompleteIntent{Opened()}), IsOk());
  EXPECT_EQ(effects_.changed_reservations[0].state, ReservationState::kCommitted);
  ASSERT_THAT(effects_.settlements, SizeIs(1));
  EXPECT_THAT(effects_.settlements[0].steps, ElementsAre(SagaStep{SagaStep::Kind::kCommit, 0}));
}

TEST_F(IntentTest, Complete_WithoutItsIntent_IsRefusedAndStoresNothing) {
  for (const ReservationState state : {ReservationState::kReleased, ReservationState::kHeld}) {
    EXPECT_THAT(Run(CompleteIntent{Opened(state)}), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("given up")));
    EXPECT_TRUE(effects_.empty());
  }
  EXPECT_THAT(Run(CompleteIntent{Wanted()}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(IntentTest, Abandon_EndsTheIntentAndLeavesReleases) {
  const struct {
    IntentRelease release;
    std::vector<SagaStep> steps;
  } cases[] = {{IntentRelease::kNone, {}},
               {IntentRelease::kOnce, {kRelease}},
               {IntentRelease::kTwice, {kRelease, kReleaseAgain}}};
  for (const auto& one : cases) {
    const domain::NewOrder order = Opened();
    EXPECT_THAT(Abandon(order, one.release), IsOkAndHolds(true));
    EXPECT_EQ(StateOf(order.order.id.uuid()), ReservationState::kReleased);
    EXPECT_THAT(effects_.abandoned_intents, ElementsAre(order.order.id.uuid()));
    ASSERT_EQ(effects_.settlements.size(), one.steps.empty() ? 0U : 1U);
    if (!one.steps.empty()) {
      EXPECT_EQ(effects_.settlements[0].steps, one.steps);
    }
  }
}

TEST_F(IntentTest, Abandon_ReleasedBefore_SendsItsReleaseOnceMore) {
  EXPECT_THAT(Abandon(Opened(ReservationState::kReleased), IntentRelease::kTwice), IsOkAndHolds(true));
  EXPECT_THAT(effects_.changed_reservations, IsEmpty());
  EXPECT_THAT(effects_.settlements, SizeIs(1));
  EXPECT_THAT(Abandon(Opened(ReservationState::kReleased), IntentRelease::kTwice, true), IsOkAndHolds(false));
  EXPECT_TRUE(effects_.empty());
}

TEST_F(IntentTest, Abandon_OnceTheOrderExists_DoesNothing) {
  domain::NewOrder made;
  made.order = Stored({{box_, 2}}, OrderStatus::kPending, ReservationState::kHeld);
  EXPECT_THAT(Abandon(made, IntentRelease::kTwice), IsOkAndHolds(false));
  EXPECT_TRUE(effects_.empty());
  // Its order is in flight and not seen yet.
  EXPECT_THAT(Abandon(Opened(ReservationState::kHeld), IntentRelease::kTwice), IsOkAndHolds(false));
  EXPECT_TRUE(effects_.empty());
  EXPECT_THAT(Abandon(Wanted(), IntentRelease::kTwice), IsOkAndHolds(false)) << "there was no intent";
  EXPECT_TRUE(effects_.empty());
}

}  // namespace
}  // namespace logistics::commands
