#include "logistics/service/saga/order_saga.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "absl/time/clock.h"
#include "fakes/counting_metrics.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_saga_store.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/priced.hpp"
#include "fakes/scripted_peer.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::service {
namespace {

using domain::NewOrder;
using domain::ReservationState;
using fakes::IsOk;
using fakes::PeerCall;
using fakes::PeerFate;
using fakes::SagaCall;
using fakes::SagaFate;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

// Remembers how long it was given to undo.
class IntentMemory final : public fakes::MemorySagaStore {
 public:
  using MemorySagaStore::MemorySagaStore;
  absl::StatusOr<bool> Abandon(const ports::Abandonment& abandonment, const ports::CallContext& context) override {
    abandon_deadline_ = context.deadline;
    return MemorySagaStore::Abandon(abandonment, context);
  }
  absl::Time abandon_deadline() const { return abandon_deadline_; }

 private:
  std::atomic<absl::Time> abandon_deadline_ = absl::InfinitePast();
};

// Knows every product by its line, or fails.
class Directory final : public ports::ProductDirectory {
 public:
  absl::StatusOr<std::vector<domain::OrderLine>> Resolve(const std::vector<domain::OrderLine>& lines,
                                                         const ports::CallContext& /*context*/) override {
    if (!failure_.ok()) return failure_;
    std::vector<domain::OrderLine> resolved = lines;
    for (domain::OrderLine& line : resolved) line.sku = "SKU of " + line.product_id->ToString();
    return resolved;
  }
  void FailWith(absl::Status failure) { failure_ = std::move(failure); }

 private:
  absl::Status failure_;
};

class OrderSagaTest : public testing::Test {
 protected:
  OrderSagaTest() { peer_.SetLevel(level_, {100, 0}); }

  // Made at its first use, with the options of the test; callers may be several.
  OrderSaga& saga() {
    const std::lock_guard lock(saga_mutex_);
    if (!saga_) saga_.emplace(orders_, store_, peer_, products_, options_, metrics_, [this] { ++settles_; });
    return *saga_;
  }
  NewOrder OrderOf(std::int32_t quantity, const std::string& key = "") {
    domain::OrderDraft draft;
    draft.customer_id = customer_.ToString();
    draft.idempotency_key = key;
    draft.lines.push_back({level_.product_id.ToString(), "", "", quantity, 1.0, 0});
    return fakes::Priced(draft, level_.warehouse_id, ids_);
  }
  absl::StatusOr<domain::Order> Create(const NewOrder& order, absl::Time deadline = absl::InfiniteFuture()) {
    return saga().Create(order, {"correlation", "", deadline});
  }
  std::vector<std::string> StepsOf(const NewOrder& order) { return store_.Steps(order.order.id.uuid()); }
  std::optional<ReservationState> StateOf(const NewOrder& order) { return store_.State(order.order.id.uuid()); }
  double Reserves(const std::string& outcome) {
    return metrics_.Value("logistics_saga_reserves_total", {{"outcome", outcome}});
  }
  // A later try with the same key gets "pending" if the key was not freed.
  void ExpectKeyIsFree(const std::string& key) {
    const NewOrder again = OrderOf(1, key);
    const auto made = Create(again, absl::Now() + absl::Seconds(20));
    ASSERT_THAT(made, IsOk());
    EXPECT_EQ(made->id, again.order.id);
  }

  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  fakes::CountingMetrics metrics_;
  fakes::ScriptedPeer peer_;
  IntentMemory store_{ids_, clock_};
  fakes::MemoryStore orders_{ids_, clock_};
  Directory products_;
  SagaOptions options_;
  const domain::CustomerId customer_{ids_.NewId()};
  const domain::LevelKey level_{domain::ProductId(ids_.NewId()), domain::WarehouseId(ids_.NewId())};
  std::atomic<int> settles_ = 0;

 private:
  std::mutex saga_mutex_;
  std::optional<OrderSaga> saga_;  // guarded by saga_mutex_
};

TEST_F(OrderSagaTest, FrozenUntilTheIntentIsOld_DoesNotAskThePeer) {
  options_.intent_ttl = absl::ZeroDuration();
  const NewOrder order = OrderOf(3, "key");
  EXPECT_THAT(Create(order), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 0);
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
  EXPECT_THAT(StepsOf(order), IsEmpty());
}

TEST_F(OrderSagaTest, Held_OrderIsStoredWithItsHold) {
  const NewOrder order = OrderOf(3);
  peer_.SetHook([&](PeerCall call, const domain::Uuid& id) {
    EXPECT_EQ(call, PeerCall::kReserve);
    EXPECT_EQ(id, order.order.id.uuid());
    EXPECT_THAT(StateOf(order), Optional(ReservationState::kIntent)) << "before the peer hears of it";
    return PeerFate::kAnswer;
  });
  ASSERT_OK_AND_ASSIGN(const domain::Order made, Create(order));
  EXPECT_EQ(made.lines[0].sku, "SKU of " + level_.product_id.ToString()) << "resolved";
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kHeld));
  EXPECT_THAT(StepsOf(order), IsEmpty());
  EXPECT_EQ(peer_.Pending(made.id.uuid()), 3);
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 1);
  EXPECT_EQ(Reserves("held"), 1);
  EXPECT_EQ(settles_, 0) << "an order that is made leaves nothing to settle at once";
}

TEST_F(OrderSagaTest, LinesOfOneProduct_AreReservedTogether) {
  NewOrder order = OrderOf(3);
  order.order.lines.push_back(order.order.lines.front());
  ASSERT_THAT(Create(order), IsOk());
  EXPECT_EQ(peer_.Pending(order.order.id.uuid()), 6);
}

TEST_F(OrderSagaTest, StockShort_RefusesByItem_ReleasesOnce) {
  const NewOrder order = OrderOf(101, "key");
  const auto refused = Create(order);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto violations = domain::ConditionViolationsOf(refused.status());
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].type, "STOCK");
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
  EXPECT_THAT(StepsOf(order), ElementsAre("release"));
  EXPECT_EQ(Reserves("refused"), 1);
  EXPECT_EQ(settles_, 1);
  ExpectKeyIsFree("key");
}

// in_stock is set, and an error besides (contract §2, point 2).
TEST_F(OrderSagaTest, ItemLostItsRace_IsShortStockToo) {
  peer_.SetHook([](PeerCall, const domain::Uuid&) { return PeerFate::kPartly; });
  NewOrder order = OrderOf(3);
  order.order.lines.push_back(order.order.lines.front());
  order.order.lines.back().product_id = domain::ProductId(ids_.NewId());
  peer_.SetLevel({*order.order.lines.back().product_id, level_.warehouse_id}, {100, 0});
  const auto refused = Create(order);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(domain::ConditionViolationsOf(refused.status()), SizeIs(1)) << "of the one that is not held";
  EXPECT_THAT(StepsOf(order), ElementsAre("release"));
  EXPECT_EQ(peer_.Pending(order.order.id.uuid()), 3) << "until it is released";
}

TEST_F(OrderSagaTest, RefusedWithoutAReason_IsStillRefused) {
  peer_.Script(PeerCall::kReserve, {PeerFate::kPartly});
  const NewOrder order = OrderOf(3);  // all of it is held, and the peer says no
  const auto refused = Create(order);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(domain::ConditionViolationsOf(refused.status()), SizeIs(1));
  EXPECT_THAT(StepsOf(order), ElementsAre("release"));
}

TEST_F(OrderSagaTest, RefusedByStatus_AnswersIt_ReleasesOnce) {
  peer_.Script(PeerCall::kReserve, {PeerFate::kFailed});
  const NewOrder order = OrderOf(3);
  EXPECT_THAT(Create(order), StatusIs(kUnavailable, "the inventory service failed"));
  EXPECT_THAT(StepsOf(order), ElementsAre("release")) << "earlier items may be held";
}

TEST_F(OrderSagaTest, NoAnswer_IsUnavailable_ReleasesTwice) {
  for (const PeerFate fate : {PeerFate::kLost, PeerFate::kLostSome, PeerFate::kNeverDone, PeerFate::kLate}) {
    peer_.Script(PeerCall::kReserve, {fate});
    const NewOrder order = OrderOf(3, "key");
    const auto answer = Create(order);
    EXPECT_THAT(answer, StatusIs(kUnavailable));
    EXPECT_TRUE(domain::RetryAfterOf(answer.status()));
    EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
    EXPECT_THAT(StepsOf(order), ElementsAre("release", "release_again"));
  }
  EXPECT_EQ(Reserves("unknown"), 4);
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 4) << "never repeated by itself";
  ExpectKeyIsFree("key");
}

TEST_F(OrderSagaTest, NotSent_IsUnavailable_NothingToRelease) {
  peer_.Script(PeerCall::kReserve, {PeerFate::kNotSent});
  const NewOrder order = OrderOf(3, "key");
  const auto answer = Create(order);
  EXPECT_THAT(answer, StatusIs(kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(answer.status()));
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
  EXPECT_THAT(StepsOf(order), IsEmpty());
  EXPECT_EQ(Reserves("not_sent"), 1);
  ExpectKeyIsFree("key");
}

TEST_F(OrderSagaTest, OrderNotStored_ReleasesTwice) {
  store_.Script(SagaCall::kComplete, {SagaFate::kFailed});
  const NewOrder order = OrderOf(3);
  EXPECT_THAT(Create(order), StatusIs(kUnavailable));
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
  EXPECT_THAT(StepsOf(order), ElementsAre("release", "release_again"));
}

TEST_F(OrderSagaTest, StoredAndNotAnswered_KeepsItsHold) {
  store_.Script(SagaCall::kComplete, {SagaFate::kLost});
  const NewOrder order = OrderOf(3, "key");
  EXPECT_THAT(Create(order), StatusIs(kUnavailable));
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kHeld));
  EXPECT_THAT(StepsOf(order), IsEmpty());
  const auto again = Create(OrderOf(3, "key"));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->id, order.order.id);
}

// The hold is younger than what recovery released.
TEST_F(OrderSagaTest, GivenUpByRecoveryMeanwhile_IsUnavailable_ReleasesOnceMore) {
  const NewOrder order = OrderOf(3);
  peer_.SetHook([&](PeerCall, const domain::Uuid& id) {
    EXPECT_THAT(store_.Abandon({id, ports::IntentRelease::kTwice, "left by a crash", true}, {}),
                fakes::IsOkAndHolds(true));
    return PeerFate::kAnswer;
  });
  EXPECT_THAT(Create(order), StatusIs(kUnavailable));
  EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
  EXPECT_THAT(StepsOf(order), ElementsAre("release", "release_again", "release", "release_again"));
}

TEST_F(OrderSagaTest, NotNotedAsGivenUp_IsLeftToRecovery) {
  peer_.Script(PeerCall::kReserve, {PeerFate::kLost});
  store_.Script(SagaCall::kAbandon, {SagaFate::kFailed});
  const NewOrder order = OrderOf(3);
  EXPECT_THAT(Create(order), StatusIs(kUnavailable));
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(store_.Left(absl::Minutes(1), 10), fakes::IsOkAndHolds(ElementsAre(order.order.id.uuid())));
}

TEST_F(OrderSagaTest, CallerGone_IsGivenUpAllTheSame) {
  const absl::Time deadline = absl::Now() + absl::Milliseconds(20);
  peer_.SetHook([&](PeerCall, const domain::Uuid&) {
    while (absl::Now() < deadline) std::this_thread::yield();
    return PeerFate::kNeverDone;
  });
  const NewOrder order = OrderOf(3);
  EXPECT_THAT(Create(order, deadline), StatusIs(kUnavailable));
  EXPECT_GT(store_.abandon_deadline(), deadline) << "time of its own";
  EXPECT_THAT(StepsOf(order), ElementsAre("release", "release_again"));
}

TEST_F(OrderSagaTest, IntentNotStored_PeerIsNotAsked) {
  for (const SagaFate fate : {SagaFate::kFailed, SagaFate::kLost}) {
    store_.Script(SagaCall::kOpen, {fate});
    EXPECT_THAT(Create(OrderOf(3)), StatusIs(kUnavailable));
  }
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 0);
}

TEST_F(OrderSagaTest, ProductRefused_IsAnsweredAndLeavesNothing) {
  products_.FailWith(domain::ConditionError(absl::StatusCode::kFailedPrecondition, "sold from two places",
                                            {{"LOCATION", "items[0]", "two"}}));
  const NewOrder order = OrderOf(3, "key");
  EXPECT_THAT(Create(order), StatusIs(absl::StatusCode::kFailedPrecondition, "sold from two places"));
  EXPECT_EQ(StateOf(order), std::nullopt);
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 0);
}

TEST_F(OrderSagaTest, ProductRefusedToday_AnswersWhatTheKeyMadeBefore) {
  ASSERT_OK_AND_ASSIGN(const domain::Order made, Create(OrderOf(3, "key")));
  products_.FailWith(absl::UnavailableError("the peer is unavailable"));
  EXPECT_THAT(Create(OrderOf(3, "key")), fakes::IsOkAndHolds(made));
  EXPECT_THAT(Create(OrderOf(4, "key")), StatusIs(kUnavailable)) << "another payload";
}

TEST_F(OrderSagaTest, SameKeyAtOnce_IsOneOrderAndOneHold) {
  std::latch start(8);
  std::vector<std::future<absl::StatusOr<domain::Order>>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.push_back(std::async(std::launch::async, [&, order = OrderOf(3, "key")] {
      start.arrive_and_wait();
      return Create(order, absl::Now() + absl::Seconds(30));
    }));
  }
  std::vector<domain::OrderId> ids;
  for (auto& answer : answers) {
    const auto made = answer.get();
    ASSERT_THAT(made, IsOk());
    ids.push_back(made->id);
  }
  EXPECT_THAT(ids, testing::Each(ids.front()));
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 1);
  EXPECT_EQ(peer_.PendingOfAll(), 3);
}

// The second waits for what becomes of the first, which comes to nothing.
TEST_F(OrderSagaTest, SameKeyWhileTheFirstFails_TakesItsPlace) {
  std::atomic<bool> second_waits = false;
  store_.SetHook([&](SagaCall call) {
    if (call == SagaCall::kOpen && store_.Calls(SagaCall::kOpen) >= 3) {
      second_waits = true;
      second_waits.notify_all();
    }
  });
  std::atomic<int> reserves = 0;
  std::latch first_asks(1);
  peer_.SetHook([&](PeerCall, const domain::Uuid&) {
    if (++reserves > 1) return PeerFate::kAnswer;
    first_asks.count_down();
    second_waits.wait(false);
    return PeerFate::kNotSent;
  });
  auto first = std::async(std::launch::async, [&, order = OrderOf(3, "key")] { return Create(order); });
  first_asks.wait();
  const NewOrder second = OrderOf(3, "key");
  const auto made = Create(second);
  EXPECT_THAT(first.get(), StatusIs(kUnavailable));
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->id, second.order.id);
}

TEST_F(OrderSagaTest, SameKeyStillBeingMadeAtTheDeadline_IsUnavailable) {
  ASSERT_THAT(store_.Open(OrderOf(3, "key"), {}), IsOk());  // by another replica
  const auto answer = Create(OrderOf(3, "key"), absl::Now() + absl::Milliseconds(30));
  EXPECT_THAT(answer, StatusIs(kUnavailable, testing::HasSubstr("idempotency_key")));
  EXPECT_TRUE(domain::RetryAfterOf(answer.status()));
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 0);
}

TEST_F(OrderSagaTest, SameKeyOtherPayload_AlreadyExists) {
  ASSERT_THAT(Create(OrderOf(3, "key")), IsOk());
  EXPECT_THAT(Create(OrderOf(4, "key")), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 1);
}

TEST_F(OrderSagaTest, NoRoomAmongThoseThatWait_IsResourceExhausted) {
  options_.calls_max = 2;
  std::latch asking(2);
  std::latch go(1);
  peer_.SetHook([&](PeerCall, const domain::Uuid&) {
    asking.count_down();
    go.wait();
    return PeerFate::kAnswer;
  });
  saga();
  std::vector<std::future<absl::StatusOr<domain::Order>>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(std::async(std::launch::async, [&, order = OrderOf(1)] { return Create(order); }));
  }
  asking.wait();
  const NewOrder third = OrderOf(1);
  const auto refused = Create(third, absl::Now() + absl::Milliseconds(20));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(domain::RetryAfterOf(refused.status()));
  EXPECT_EQ(StateOf(third), std::nullopt);
  peer_.SetHook(nullptr);
  auto fourth = std::async(std::launch::async, [&, order = OrderOf(1)] { return Create(order); });
  go.count_down();
  for (auto& answer : waiting) EXPECT_THAT(answer.get(), IsOk());
  EXPECT_THAT(fourth.get(), IsOk());
}

TEST_F(OrderSagaTest, Room_IsThereAgainWhateverTheOutcome) {
  options_.calls_max = 1;
  peer_.Script(PeerCall::kReserve, {PeerFate::kAnswer, PeerFate::kFailed, PeerFate::kLost, PeerFate::kNotSent});
  for (int i = 0; i < 4; ++i) Create(OrderOf(1)).status().IgnoreError();
  store_.Script(SagaCall::kOpen, {SagaFate::kFailed});
  EXPECT_THAT(Create(OrderOf(1)), StatusIs(kUnavailable));
  products_.FailWith(absl::NotFoundError("no such product"));
  EXPECT_THAT(Create(OrderOf(1)), StatusIs(absl::StatusCode::kNotFound));
  products_.FailWith(absl::OkStatus());
  EXPECT_THAT(Create(OrderOf(1)), IsOk());
}

// Each place is free again soon: no later call is refused.
TEST_F(OrderSagaTest, ManyMoreThanThereIsRoomFor_AllHaveTheirTurn) {
  options_.calls_max = 4;
  peer_.SetLevel(level_, {10'000, 0});
  saga();
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 32; ++i) {
      callers.emplace_back([&] {
        for (int k = 0; k < 10; ++k) made += Create(OrderOf(1)).ok() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(made, 320);
  EXPECT_EQ(peer_.PendingOfAll(), 320);
}

TEST_F(OrderSagaTest, StatusChange_IsSettledWhereItHappened) {
  const domain::ProductId product(ids_.NewId());
  ASSERT_THAT(orders_.CreateProduct({product, "BOX", "Box", "", "", {}, clock_.Now(), clock_.Now()}, {}), IsOk());
  ASSERT_THAT(orders_.Adjust({{product, level_.warehouse_id}, 10, "delivery", ""}, {}), IsOk());
  NewOrder order = OrderOf(1);
  order.order.lines[0].product_id = product;
  ASSERT_THAT(orders_.Create(order, {}), IsOk());
  const domain::StatusChange cancel{order.order.id, domain::OrderStatus::kCancelled, "", "anna", std::nullopt};
  ASSERT_OK_AND_ASSIGN(const domain::Order cancelled, saga().ChangeStatus(cancel, {}));
  EXPECT_EQ(settles_, 1);
  EXPECT_THAT(saga().Get(cancelled.id, {}), fakes::IsOkAndHolds(cancelled));
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, saga().List({}, {}));
  EXPECT_THAT(page.orders, ElementsAre(cancelled));

  const domain::StatusChange ship{order.order.id, domain::OrderStatus::kShipped, "", "anna", std::nullopt};
  EXPECT_THAT(saga().ChangeStatus(ship, {}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(settles_, 1);
}

// Its key would keep the caller's next try waiting until recovery comes.
TEST_F(OrderSagaTest, IntentOpenedAndNotAnsweredInTime_IsGivenUpAtOnce) {
  for (const SagaFate fate : {SagaFate::kLate, SagaFate::kDoubted}) {
    store_.Script(SagaCall::kOpen, {fate});
    const NewOrder order = OrderOf(3, "key");
    EXPECT_FALSE(Create(order).ok());
    EXPECT_THAT(StateOf(order), Optional(ReservationState::kReleased));
    EXPECT_THAT(StepsOf(order), IsEmpty()) << "the peer was not asked";
  }
  EXPECT_EQ(peer_.Calls(PeerCall::kReserve), 0);
  ExpectKeyIsFree("key");
}

TEST_F(OrderSagaTest, OrderInDoubt_IsFoundOutByGivingItUp) {
  store_.Script(SagaCall::kComplete, {SagaFate::kDoubtedUndone, SagaFate::kDoubted});
  const NewOrder undone = OrderOf(3);
  EXPECT_THAT(Create(undone), StatusIs(kUnavailable)) << "nothing was made, and another try may be";
  EXPECT_THAT(StepsOf(undone), ElementsAre("release", "release_again"));

  const NewOrder done = OrderOf(3);
  const domain::Product product{level_.product_id, "SKU", "", "", "", {}, clock_.Now(), clock_.Now()};
  ASSERT_THAT(orders_.CreateProduct(product, {}), IsOk());
  ASSERT_THAT(orders_.Adjust({level_, 10, "delivery", ""}, {}), IsOk());
  ASSERT_THAT(orders_.Create(done, {}), IsOk());
  const auto answer = Create(done);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->id, done.order.id);
  EXPECT_THAT(StepsOf(done), IsEmpty());
}

TEST_F(OrderSagaTest, OrderInDoubtAndNotFoundOut_IsUnknown) {
  store_.Script(SagaCall::kComplete, {SagaFate::kDoubted});
  store_.Script(SagaCall::kAbandon, {SagaFate::kFailed});
  const auto answer = Create(OrderOf(3));
  EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnknown));
  EXPECT_TRUE(domain::IsCommitInDoubt(answer.status()));
}

}  // namespace
}  // namespace logistics::service
