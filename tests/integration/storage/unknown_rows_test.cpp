// Rows that a later release wrote, after a rollback to this one.
#include "absl/strings/str_cat.h"
#include "integration/storage/intent_fixture.hpp"
#include "storage/rows/known_names.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::HealthState;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class UnknownRowsTest : public IntentFixture {
 protected:
  UnknownRowsTest() : replica_(NewReplica(PeerOptions())) {
    // As the migrations of a later release leave them.
    database_.Query("ALTER TABLE reservations DROP CONSTRAINT reservations_state_check");
    database_.Query("ALTER TABLE payments DROP CONSTRAINT payments_outcome_check");
  }
  Database& database() { return replica_->database(); }
  void SetState(const domain::NewOrder& order, const std::string& state) const {
    database_.Query(
        absl::StrCat("UPDATE reservations SET state = '", state, "' WHERE id = '", order.order.id.ToString(), "'"));
  }
  void SetSteps(const domain::NewOrder& order, const std::string& steps) const {
    database_.Query(absl::StrCat("UPDATE settlements SET steps = '", steps, "' WHERE reservation_id = '",
                                 order.order.id.ToString(), "'"));
  }
  // An order that was given up: a release waits for the peer.
  domain::NewOrder GivenUp() {
    domain::NewOrder order = Opened(database());
    EXPECT_THAT(Abandon(database(), order), IsOk());
    return order;
  }

  std::unique_ptr<Replica> replica_;
};

TEST_F(UnknownRowsTest, EveryNameOfThisRelease_IsKnown) {
  using Kind = domain::SagaStep::Kind;
  for (const Kind kind : {Kind::kRelease, Kind::kReleaseAgain, Kind::kCommit, Kind::kRestock, Kind::kRestocking}) {
    const std::string name = domain::SagaStepName({kind, 12});
    EXPECT_EQ(Text("SELECT '" + name + "' ~ " LOGISTICS_KNOWN_STEP), "t") << name;
  }
  using State = domain::ReservationState;
  for (const State state : {State::kHeld, State::kReleased, State::kCommitted, State::kRestocked, State::kIntent}) {
    const std::string name(domain::ReservationStateName(state));
    EXPECT_EQ(Text("SELECT '" + name + "' IN " LOGISTICS_KNOWN_STATES), "t") << name;
  }
  for (const auto outcome : {domain::PaymentOutcome::kProcessed, domain::PaymentOutcome::kFailed}) {
    const std::string name(domain::PaymentOutcomeName(outcome));
    EXPECT_EQ(Text("SELECT '" + name + "' IN " LOGISTICS_KNOWN_OUTCOMES), "t") << name;
  }
}

TEST_F(UnknownRowsTest, Settlements_AreLeftAloneAndTheOthersAreClaimed) {
  for (const char* steps : {"{lend}", "{restock}", "{restock 1x}", "{\"restock 99999999999999999999\"}"}) {
    SetSteps(GivenUp(), steps);
  }
  SetState(GivenUp(), "lent");
  const domain::NewOrder missing_item = GivenUp();
  SetSteps(missing_item, "{restock 7}");
  const domain::NewOrder good = GivenUp();
  // Younger than all of them, and the page is smaller than their number.
  database_.Query("UPDATE settlements SET due_at = due_at - interval '1 hour' WHERE reservation_id <> '" +
                  good.order.id.ToString() + "' AND reservation_id <> '" + missing_item.order.id.ToString() + "'");
  const auto claimed = database().settlements().Claim(2, absl::Hours(1));
  ASSERT_THAT(claimed, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(claimed->front().reservation.id, good.order.id.uuid());
  EXPECT_EQ(Number("SELECT count(*) FROM settlements"), 7) << "they wait";
}

TEST_F(UnknownRowsTest, Reservation_FailsItsOwnCommandOnly) {
  const domain::NewOrder strange = Made(database());
  const domain::NewOrder good = Made(database());
  SetState(strange, "lent");
  const auto change = [&](const domain::NewOrder& order) {
    return database().orders().ChangeStatus({order.order.id, OrderStatus::kCancelled, "", "anna", std::nullopt}, {});
  };
  EXPECT_THAT(change(strange), StatusIs(absl::StatusCode::kFailedPrecondition,
                                        AllOf(HasSubstr("lent"), HasSubstr("a later one wrote it"))));
  EXPECT_THAT(change(good), IsOk());
  EXPECT_EQ(StateOf(strange), "lent");
}

TEST_F(UnknownRowsTest, AllOfThem_AreCountedAndNamedInHealth) {
  SetSteps(GivenUp(), "{lend}");
  SetState(Made(database()), "lent");
  database_.Query(
      "INSERT INTO payments (order_id, outcome, amount_minor, currency, payment_method, transaction_id, error_code, "
      "error_message, recorded_at) VALUES (gen_random_uuid(), 'reversed', 1, 'USD', '', '', '', '', now())");
  ports::InboundMessage message;
  message.consumer = "payments";
  message.message_id = ids_.NewId().ToString();
  message.event_type = "PaymentReversed";
  message.order_id = domain::OrderId(ids_.NewId());
  ASSERT_THAT(database().inbox().Park(message, 1, absl::ZeroDuration(), "", {}), IsOk());
  ASSERT_THAT(database().inbox().SetAside(1, absl::Minutes(1), "unknown", {}), IsOk());
  database().Start();
  ASSERT_TRUE(replica_->health().WaitForState("unknown rows", HealthState::kDegraded, absl::Seconds(30)));
  EXPECT_THAT(replica_->health().Last("unknown rows")->reason,
              AllOf(HasSubstr("1 in settlements (\"lend\")"), HasSubstr("1 in reservations (\"lent\")"),
                    HasSubstr("1 in payments (\"reversed\")"), HasSubstr("1 in inbox_waiting (\"PaymentReversed\")")));
  for (const char* table : {"settlements", "reservations", "payments", "inbox_waiting"}) {
    EXPECT_EQ(replica_->Count("unknown_rows", {{"table", table}}), 1) << table;
  }
}

}  // namespace
}  // namespace logistics::storage
