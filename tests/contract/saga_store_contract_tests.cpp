// What orders with the stock of another service need of their stores: one suite against memory and against Postgres,
// so that a test with the fake means the same as one with the real thing.
#include <gmock/gmock.h>

#include <functional>
#include <memory>

#include "app/system_clock.hpp"
#include "app/uuid_v7.hpp"
#include "fakes/eventually.hpp"
#include "fakes/memory_saga_store.hpp"
#include "fakes/null_metrics.hpp"
#include "fakes/priced.hpp"
#include "fakes/recording_encoder.hpp"
#include "fakes/recording_health.hpp"
#include "fakes/status_matchers.hpp"
#include "storage/database.hpp"
#include "support/migrated.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::IntentAnswer;
using ports::IntentRelease;
using ports::Settlement;
using StepKind = domain::SagaStep::Kind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Outcome = IntentAnswer::Outcome;

constexpr absl::Duration kPatience = absl::Seconds(30);

class SagaHarness {
 public:
  virtual ~SagaHarness() = default;
  virtual ports::IntentStore& intents() = 0;
  virtual ports::SettlementStore& settlements() = 0;
  // An order that was made is shipped and comes back: commit, then one restock an item.
  virtual void ShipAndReturn(const domain::NewOrder& order) = 0;

  app::SystemClock clock;
  app::UuidV7Generator ids{clock};
};

class MemorySagaHarness final : public SagaHarness {
 public:
  ports::IntentStore& intents() override { return store_; }
  ports::SettlementStore& settlements() override { return store_; }
  void ShipAndReturn(const domain::NewOrder& order) override {
    const domain::Reservation reservation{order.order.id.uuid(), order.order.warehouse_id,
                                          domain::ReservationState::kRestocked,
                                          domain::SumByProduct(order.order.lines)};
    store_.AddSteps(reservation, {"commit"}, "");
    for (std::size_t i = 0; i < reservation.items.size(); ++i) {
      store_.AddSteps(reservation, {"restock " + std::to_string(i)}, "came back");
    }
  }

 private:
  fakes::MemorySagaStore store_{ids, clock};
};

class PostgresSagaHarness final : public SagaHarness {
 public:
  PostgresSagaHarness() {
    storage::DatabaseOptions options;
    options.url = database_.url();
    options.stock_policy.restock_returns = true;
    store_.emplace(options, ids.NewId(), ids, clock, encoder_, metrics_, health_);
  }
  ports::IntentStore& intents() override { return store_->intents(); }
  ports::SettlementStore& settlements() override { return store_->settlements(); }
  void ShipAndReturn(const domain::NewOrder& order) override {
    for (const OrderStatus status : {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kReturned}) {
      EXPECT_THAT(store_->orders().ChangeStatus({order.order.id, status, "", "anna", std::nullopt}, {}), IsOk());
    }
  }

 private:
  test::TestDatabase database_{test::Migrated()};
  fakes::RecordingEncoder encoder_;
  fakes::NullMetrics metrics_;
  fakes::RecordingHealth health_;
  std::optional<storage::Database> store_;
};

struct SagaHarnessFactory {
  std::string name;
  std::function<std::unique_ptr<SagaHarness>()> make;
  friend std::ostream& operator<<(std::ostream& out, const SagaHarnessFactory& factory) { return out << factory.name; }
};

class SagaStoreContract : public testing::TestWithParam<SagaHarnessFactory> {
 protected:
  ports::IntentStore& intents() { return harness_->intents(); }
  ports::SettlementStore& settlements() { return harness_->settlements(); }

  // So many lines of one product each, with product_id and sku.
  domain::NewOrder OrderOf(int lines, const std::string& key = "") {
    domain::OrderDraft draft;
    draft.customer_id = customer_.ToString();
    draft.idempotency_key = key;
    for (int i = 0; i < lines; ++i) {
      draft.lines.push_back({products_.at(static_cast<std::size_t>(i)).ToString(), "SKU", "", 2, 1.0, 0});
    }
    return fakes::Priced(draft, warehouse_, harness_->ids);
  }
  Outcome Open(const domain::NewOrder& order) {
    const auto answer = intents().Open(order, {});
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? answer->outcome : Outcome::kPending;
  }
  domain::NewOrder Opened(int lines = 1, const std::string& key = "") {
    domain::NewOrder order = OrderOf(lines, key);
    EXPECT_EQ(Open(order), Outcome::kOpened);
    return order;
  }
  domain::NewOrder Made(int lines = 1, const std::string& key = "") {
    domain::NewOrder order = Opened(lines, key);
    EXPECT_THAT(intents().Complete(order, {}), IsOk());
    return order;
  }
  absl::StatusOr<bool> Abandon(const domain::NewOrder& order, IntentRelease release = IntentRelease::kTwice,
                               bool only_an_intent = false) {
    return intents().Abandon({order.order.id.uuid(), release, "the test says so", only_an_intent}, {});
  }
  // What is due, claimed for long.
  std::vector<Settlement> Claim(int limit = 10, absl::Duration claim_for = absl::Hours(1)) {
    const auto claimed = settlements().Claim(limit, claim_for);
    EXPECT_THAT(claimed, IsOk());
    return claimed.ok() ? *claimed : std::vector<Settlement>();
  }
  // The one that is due, or will be soon.
  Settlement ClaimOne(absl::Duration claim_for = absl::Hours(1)) {
    std::vector<Settlement> claimed;
    const auto one = [&] {
      claimed = Claim(1, claim_for);
      return !claimed.empty();
    };
    if (fakes::Eventually(one, kPatience)) return claimed.front();
    ADD_FAILURE() << "nothing to claim";
    return {};
  }
  void ExpectDone(const Settlement& settlement) {
    EXPECT_THAT(settlements().Done(settlement, absl::ZeroDuration()), IsOk());
  }
  // All that is told from now on, in order; ends it.
  std::vector<StepKind> WorkOff() {
    std::vector<StepKind> steps;
    for (std::vector<Settlement> claimed = Claim(1); !claimed.empty(); claimed = Claim(1)) {
      steps.push_back(claimed.front().step.kind);
      ExpectDone(claimed.front());
    }
    return steps;
  }

  std::unique_ptr<SagaHarness> harness_ = GetParam().make();
  const domain::CustomerId customer_{harness_->ids.NewId()};
  const domain::WarehouseId warehouse_{harness_->ids.NewId()};
  const std::vector<domain::ProductId> products_ = {domain::ProductId(harness_->ids.NewId()),
                                                    domain::ProductId(harness_->ids.NewId()),
                                                    domain::ProductId(harness_->ids.NewId())};
};

TEST_P(SagaStoreContract, Key_IsPendingWhileTheIntentLives_ThenMakesOneOrder) {
  const domain::NewOrder order = Opened(1, "key");
  EXPECT_EQ(Open(OrderOf(1, "key")), Outcome::kPending);
  EXPECT_THAT(intents().Made(OrderOf(1, "key"), {}), IsOkAndHolds(std::nullopt));
  ASSERT_OK_AND_ASSIGN(const domain::Order made, intents().Complete(order, {}));
  EXPECT_EQ(made.id, order.order.id);
  const auto again = intents().Open(OrderOf(1, "key"), {});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->outcome, Outcome::kExists);
  EXPECT_EQ(again->existing, made);
  EXPECT_THAT(intents().Made(OrderOf(1, "key"), {}), IsOkAndHolds(testing::Optional(made)));
}

TEST_P(SagaStoreContract, Key_OfAnotherPayload_AlreadyExists) {
  const domain::NewOrder order = Opened(1, "key");
  EXPECT_THAT(intents().Open(OrderOf(2, "key"), {}), StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_THAT(intents().Complete(order, {}), IsOk());
  EXPECT_THAT(intents().Open(OrderOf(2, "key"), {}), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(intents().Made(OrderOf(2, "key"), {}), IsOkAndHolds(std::nullopt));
}

TEST_P(SagaStoreContract, Key_IsFreeAgainAfterAbandon) {
  for (const IntentRelease release : {IntentRelease::kNone, IntentRelease::kOnce, IntentRelease::kTwice}) {
    const domain::NewOrder order = Opened(1, "key");
    EXPECT_THAT(Abandon(order, release), IsOkAndHolds(true));
  }
  EXPECT_EQ(Open(OrderOf(2, "key")), Outcome::kOpened) << "for any payload";
}

TEST_P(SagaStoreContract, Abandon_LeavesWhatThePeerHasToBeTold) {
  EXPECT_THAT(Abandon(Opened(), IntentRelease::kNone), IsOkAndHolds(true));
  EXPECT_THAT(Claim(), IsEmpty());

  const domain::NewOrder once = Opened(3);
  EXPECT_THAT(Abandon(once, IntentRelease::kOnce), IsOkAndHolds(true));
  const Settlement told = ClaimOne();
  EXPECT_EQ(told.step.kind, StepKind::kRelease);
  EXPECT_TRUE(told.last);
  EXPECT_EQ(told.reason, "the test says so");
  EXPECT_EQ(told.attempts, 0);
  EXPECT_EQ(told.reservation.id, once.order.id.uuid());
  EXPECT_EQ(told.reservation.warehouse_id, warehouse_);
  EXPECT_EQ(told.reservation.items, domain::SumByProduct(once.order.lines));
  ExpectDone(told);

  EXPECT_THAT(Abandon(Opened()), IsOkAndHolds(true));
  EXPECT_THAT(WorkOff(), ElementsAre(StepKind::kRelease, StepKind::kReleaseAgain));
}

TEST_P(SagaStoreContract, AbandonedIntent_CannotBeCompleted) {
  const domain::NewOrder order = Opened(1, "key");
  EXPECT_THAT(Abandon(order, IntentRelease::kNone), IsOkAndHolds(true));
  EXPECT_THAT(intents().Complete(order, {}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(intents().Made(order, {}), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(intents().Complete(OrderOf(1), {}), StatusIs(absl::StatusCode::kUnavailable)) << "never opened";
}

TEST_P(SagaStoreContract, AbandonAgain_TellsThePeerAgain_OnlyFromItsMaker) {
  const domain::NewOrder order = Opened();
  EXPECT_THAT(Abandon(order, IntentRelease::kOnce, true), IsOkAndHolds(true));
  EXPECT_THAT(Abandon(order, IntentRelease::kOnce, true), IsOkAndHolds(false));
  EXPECT_THAT(Abandon(order, IntentRelease::kNone), IsOkAndHolds(false));
  EXPECT_THAT(Abandon(order, IntentRelease::kTwice), IsOkAndHolds(true));
  EXPECT_THAT(WorkOff(), ElementsAre(StepKind::kRelease, StepKind::kRelease, StepKind::kReleaseAgain));
  EXPECT_THAT(Abandon(order, IntentRelease::kOnce), IsOkAndHolds(true)) << "also where all was told already";
  EXPECT_THAT(WorkOff(), ElementsAre(StepKind::kRelease));
}

TEST_P(SagaStoreContract, AbandonOfAnOrder_DoesNothing) {
  const domain::NewOrder order = Made(1, "key");
  EXPECT_THAT(Abandon(order), IsOkAndHolds(false));
  EXPECT_THAT(Abandon(order, IntentRelease::kTwice, true), IsOkAndHolds(false));
  EXPECT_THAT(Abandon(OrderOf(1)), IsOkAndHolds(false)) << "of what was never opened";
  EXPECT_THAT(Claim(), IsEmpty());
  EXPECT_EQ(Open(OrderOf(1, "key")), Outcome::kExists);
}

TEST_P(SagaStoreContract, Left_AreIntentsOfSomeAge_OldestFirst) {
  const domain::NewOrder first = Opened();
  const domain::NewOrder second = Opened();
  Made();
  Abandon(Opened()).status().IgnoreError();
  EXPECT_THAT(intents().Left(absl::Hours(1), 10), IsOkAndHolds(IsEmpty()));
  const auto both = ElementsAre(first.order.id.uuid(), second.order.id.uuid());
  EXPECT_TRUE(fakes::Eventually([&] { return intents().Left(absl::ZeroDuration(), 10)->size() == 2; }, kPatience));
  EXPECT_THAT(intents().Left(absl::ZeroDuration(), 10), IsOkAndHolds(both));
  EXPECT_THAT(intents().Left(absl::ZeroDuration(), 1), IsOkAndHolds(ElementsAre(first.order.id.uuid())));
}

TEST_P(SagaStoreContract, Claim_GivesARowOnce_TheLongestDueFirst) {
  const domain::NewOrder first = Opened();
  const domain::NewOrder second = Opened();
  Abandon(first).status().IgnoreError();
  Abandon(second).status().IgnoreError();
  EXPECT_EQ(ClaimOne().reservation.id, first.order.id.uuid());
  EXPECT_EQ(ClaimOne().reservation.id, second.order.id.uuid());
  EXPECT_THAT(Claim(), IsEmpty());
}

TEST_P(SagaStoreContract, Claim_RunsOut_AndTheLostOneChangesNothing) {
  const domain::NewOrder order = Made(2);
  harness_->ShipAndReturn(order);
  ExpectDone(ClaimOne());  // the commit
  const Settlement lost = ClaimOne(absl::Milliseconds(1));
  const Settlement again = ClaimOne();
  ASSERT_EQ(again.reservation, lost.reservation);
  EXPECT_NE(again.claim, lost.claim);
  ExpectDone(lost);
  EXPECT_THAT(settlements().Retry(lost, absl::Hours(1), "late"), IsOk());
  EXPECT_THAT(settlements().MarkRestocking(lost), IsOkAndHolds(false));
  EXPECT_THAT(settlements().MarkRestocking(again), IsOkAndHolds(true));
  ExpectDone(again);
  const Settlement next = ClaimOne();
  EXPECT_EQ(next.step.item, 1U);
  EXPECT_EQ(next.attempts, 0);
}

TEST_P(SagaStoreContract, ClaimThatRanOut_IsTooLateToRestock) {
  harness_->ShipAndReturn(Made());
  ExpectDone(ClaimOne());
  const Settlement late = ClaimOne(-absl::Seconds(1));
  EXPECT_THAT(settlements().MarkRestocking(late), IsOkAndHolds(false)) << "though nobody else has it yet";
}

TEST_P(SagaStoreContract, Done_PutsTheNextStepOff) {
  Abandon(Opened()).status().IgnoreError();
  EXPECT_THAT(settlements().Done(ClaimOne(), absl::Hours(1)), IsOk());
  EXPECT_THAT(Claim(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const ports::SettlementStats stats, settlements().Stats());
  EXPECT_EQ(stats.waiting, 1);
}

TEST_P(SagaStoreContract, Retry_CountsAndPutsOff) {
  Abandon(Opened()).status().IgnoreError();
  EXPECT_THAT(settlements().Retry(ClaimOne(), absl::ZeroDuration(), "the peer is away"), IsOk());
  const Settlement second = ClaimOne();
  EXPECT_EQ(second.attempts, 1);
  EXPECT_EQ(second.step.kind, StepKind::kRelease);
  EXPECT_THAT(settlements().Retry(second, absl::Hours(1), "still away"), IsOk());
  EXPECT_THAT(Claim(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const auto stuck, settlements().Stuck(absl::ZeroDuration(), 10));
  ASSERT_THAT(stuck, SizeIs(1));
  EXPECT_EQ(stuck[0].steps, "release, release_again");
  EXPECT_EQ(stuck[0].attempts, 2);
  EXPECT_EQ(stuck[0].last_error, "still away");
  EXPECT_GT(stuck[0].age, absl::ZeroDuration());
  EXPECT_THAT(settlements().Stuck(absl::Hours(1), 10), IsOkAndHolds(IsEmpty()));
}

TEST_P(SagaStoreContract, StepsAddedWhileTheFirstIsTold_AreKept) {
  const domain::NewOrder order = Opened();
  Abandon(order, IntentRelease::kOnce).status().IgnoreError();
  const Settlement told = ClaimOne();
  EXPECT_TRUE(told.last);
  Abandon(order, IntentRelease::kOnce).status().IgnoreError();
  EXPECT_THAT(Claim(), IsEmpty()) << "it is still claimed";
  ExpectDone(told);
  EXPECT_THAT(WorkOff(), ElementsAre(StepKind::kRelease));
}

TEST_P(SagaStoreContract, Restock_IsMarkedOnce_AndFoundMarked) {
  harness_->ShipAndReturn(Made(2));
  ExpectDone(ClaimOne());
  const Settlement marked = ClaimOne(absl::Seconds(2));
  EXPECT_EQ(marked.step.kind, StepKind::kRestock);
  EXPECT_EQ(marked.step.item, 0U);
  EXPECT_FALSE(marked.last);
  EXPECT_THAT(settlements().MarkRestocking(marked), IsOkAndHolds(true));
  EXPECT_THAT(settlements().MarkRestocking(marked), IsOkAndHolds(false));
  const Settlement found = ClaimOne();
  EXPECT_EQ(found.step.kind, StepKind::kRestocking);
  EXPECT_EQ(found.step.item, 0U);
  // Whoever found it does not know what became of it: it stays marked.
  EXPECT_THAT(settlements().Retry(found, absl::ZeroDuration(), "the list could not be written"), IsOk());
  const Settlement again = ClaimOne();
  EXPECT_EQ(again.step.kind, StepKind::kRestocking);
  EXPECT_THAT(settlements().InDoubt(again, "no answer"), IsOk());
  const Settlement next = ClaimOne();
  EXPECT_EQ(next.step.kind, StepKind::kRestock);
  EXPECT_EQ(next.step.item, 1U);
  EXPECT_TRUE(next.last);
  ASSERT_OK_AND_ASSIGN(const ports::SettlementStats stats, settlements().Stats());
  EXPECT_EQ(stats.in_doubt, 1);
}

TEST_P(SagaStoreContract, RestockMarkedAndNotSent_MayBeSaidLater) {
  harness_->ShipAndReturn(Made());
  ExpectDone(ClaimOne());
  const Settlement marked = ClaimOne();
  EXPECT_THAT(settlements().MarkRestocking(marked), IsOkAndHolds(true));
  EXPECT_THAT(settlements().Retry(marked, absl::ZeroDuration(), "not sent"), IsOk());
  const Settlement again = ClaimOne();
  EXPECT_EQ(again.step.kind, StepKind::kRestock);
  EXPECT_THAT(settlements().MarkRestocking(again), IsOkAndHolds(true));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, SagaStoreContract,
    testing::Values(SagaHarnessFactory{"Memory", [] { return std::make_unique<MemorySagaHarness>(); }},
                    SagaHarnessFactory{"Postgres", [] { return std::make_unique<PostgresSagaHarness>(); }}),
    [](const testing::TestParamInfo<SagaHarnessFactory>& info) { return info.param.name; });

}  // namespace
}  // namespace logistics::contract
