#include "logistics/service/saga/settler.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fakes/counting_metrics.hpp"
#include "fakes/eventually.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_saga_store.hpp"
#include "fakes/scripted_peer.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"

namespace logistics::service {
namespace {

using domain::ReservationState;
using domain::Uuid;
using fakes::IsOk;
using fakes::PeerCall;
using fakes::PeerFate;
using fakes::SagaCall;
using fakes::SagaFate;
using StepKind = domain::SagaStep::Kind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(30);

bool Eventually(const std::function<bool()>& condition) { return fakes::Eventually(condition, kPatience); }

class SettlerTest : public testing::Test {
 protected:
  Settler& settler() {
    if (!settler_) {
      settler_.emplace(store_, store_, peer_, ids_, options_, metrics_);
      settler_->Start();
    }
    return *settler_;
  }
  void TearDown() override { settler_.reset(); }
  void StopSettler() { settler_.reset(); }

  // So many items of 2 pieces, held at the peer.
  domain::Reservation Held(int items = 1) {
    domain::Reservation reservation{ids_.NewId(), warehouse_, ReservationState::kHeld, {}};
    for (int i = 0; i < items; ++i) {
      const domain::ProductId product(ids_.NewId());
      const std::string sku = absl::StrCat("SKU-", i);
      peer_.SetLevel({peer_.AddProduct(product, sku), warehouse_}, {100, 0});
      reservation.items.push_back({product, sku, 2});
    }
    EXPECT_EQ(peer_.Reserve(reservation.id, warehouse_, reservation.items, {}).outcome, ports::PeerReserve::kHeld);
    return reservation;
  }
  // The same, taken out of the books there.
  domain::Reservation Committed(int items = 1) {
    domain::Reservation reservation = Held(items);
    EXPECT_THAT(peer_.Commit(reservation.id, {}), IsOk());
    reservation.state = ReservationState::kRestocked;
    return reservation;
  }
  // An order in the making, begun now.
  Uuid OpenedIntent() {
    domain::NewOrder order;
    order.order.id = domain::OrderId(ids_.NewId());
    order.order.warehouse_id = warehouse_;
    EXPECT_THAT(store_.Open(order, {}), IsOk());
    return order.order.id.uuid();
  }
  domain::StockLevel LevelOf(const domain::Reservation& reservation, std::size_t item = 0) {
    return *peer_.Level({reservation.items.at(item).product_id, warehouse_});
  }
  void Tell(const domain::Reservation& reservation, const std::vector<std::string>& steps) {
    store_.AddSteps(reservation, steps, "the test says so");
    settler().Wake();
  }
  bool EventuallyNothingLeft(const domain::Reservation& reservation) {
    return Eventually([&] { return store_.Steps(reservation.id).empty(); });
  }
  // What was put off comes due.
  void Later(absl::Duration by) {
    clock_.Advance(by);
    settler().Wake();
  }

  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  fakes::CountingMetrics metrics_;
  fakes::ScriptedPeer peer_;
  fakes::MemorySagaStore store_{ids_, clock_};
  SagaOptions options_;
  const domain::WarehouseId warehouse_{ids_.NewId()};

 private:
  std::optional<Settler> settler_;
};

TEST_F(SettlerTest, Release_IsSentOnce) {
  const domain::Reservation held = Held();
  Tell(held, {"release"});
  ASSERT_TRUE(EventuallyNothingLeft(held));
  StopSettler();
  EXPECT_THAT(peer_.Ids(PeerCall::kRelease), ElementsAre(held.id));
  EXPECT_EQ(LevelOf(held), (domain::StockLevel{100, 0}));
  EXPECT_EQ(metrics_.Value("logistics_settlements_total"), 1);
}

TEST_F(SettlerTest, Commit_IsSentOnce) {
  const domain::Reservation held = Held();
  Tell(held, {"commit"});
  ASSERT_TRUE(EventuallyNothingLeft(held));
  StopSettler();
  EXPECT_THAT(peer_.Ids(PeerCall::kCommit), ElementsAre(held.id));
  EXPECT_EQ(LevelOf(held), (domain::StockLevel{98, 0}));
}

// The release overtakes its reserve (contract §2, point 11): what lands behind it is released the second time.
TEST_F(SettlerTest, HoldThatLandsLate_IsReleasedAfterTheGrace) {
  domain::Reservation late = Held();
  late.id = ids_.NewId();
  peer_.Script(PeerCall::kReserve, {PeerFate::kLate});
  ASSERT_EQ(peer_.Reserve(late.id, warehouse_, late.items, {}).outcome, ports::PeerReserve::kUnknown);
  Tell(late, {"release", "release_again"});
  ASSERT_TRUE(Eventually([&] { return store_.WhatWasTold().size() == 1; }));
  EXPECT_EQ(store_.WhatWasTold()[0],
            (fakes::MemorySagaStore::Told{late.id, StepKind::kRelease, true, options_.release_again_after}))
      << "nothing was pending, which is an answer";
  EXPECT_THAT(store_.Steps(late.id), ElementsAre("release_again"));
  EXPECT_EQ(peer_.LandLate(), 1);
  EXPECT_EQ(peer_.Pending(late.id), 2);
  Later(options_.release_again_after);
  ASSERT_TRUE(EventuallyNothingLeft(late));
  EXPECT_EQ(peer_.Pending(late.id), 0);
  EXPECT_EQ(peer_.Calls(PeerCall::kRelease), 2);
}

TEST_F(SettlerTest, PeerFails_IsSentAgainAfterAGrowingDelay) {
  const domain::Reservation held = Held();
  const std::vector<PeerFate> fates = {PeerFate::kFailed, PeerFate::kNotSent, PeerFate::kLost,   PeerFate::kNeverDone,
                                       PeerFate::kFailed, PeerFate::kFailed,  PeerFate::kFailed, PeerFate::kFailed};
  peer_.Script(PeerCall::kRelease, fates);
  Tell(held, {"release"});
  absl::Duration longest = absl::Milliseconds(250);
  for (std::size_t i = 0; i < fates.size(); ++i) {
    ASSERT_TRUE(Eventually([&] { return store_.WhatWasTold().size() == i + 1; }));
    const auto told = store_.WhatWasTold().back();
    EXPECT_FALSE(told.done);
    EXPECT_GE(told.due_in, longest / 2);
    EXPECT_LE(told.due_in, longest);
    longest = std::min(longest * 2, absl::Seconds(15));
    Later(told.due_in);
  }
  ASSERT_TRUE(EventuallyNothingLeft(held));
  EXPECT_EQ(LevelOf(held), (domain::StockLevel{100, 0}));
  EXPECT_EQ(metrics_.Value("logistics_settlement_failures_total"), static_cast<double>(fates.size()));
}

// With the poll alone it would take far longer than the test waits.
TEST_F(SettlerTest, SeveralSteps_AreWorkedOffInARow) {
  const domain::Reservation held = Held(100);
  std::vector<std::string> steps = {"commit"};
  for (int i = 0; i < 100; ++i) steps.push_back(absl::StrCat("restock ", i));
  Tell(held, steps);
  ASSERT_TRUE(EventuallyNothingLeft(held));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(LevelOf(held, i), (domain::StockLevel{100, 0}));
}

// The same, one after the other: no wake-up goes to a thread that has no use for it.
TEST_F(SettlerTest, EachWakeUp_IsHeard) {
  options_.settle_concurrency = 1;
  const absl::Time give_up = absl::Now() + kPatience;
  for (int i = 0; i < 200; ++i) {
    const domain::Reservation held = Held();
    Tell(held, {"release"});
    ASSERT_TRUE(EventuallyNothingLeft(held));
    ASSERT_LT(absl::Now(), give_up) << "after " << i << ": the poll had to come to its help";
  }
}

TEST_F(SettlerTest, SlowCalls_RunBesideEachOther) {
  options_.settle_concurrency = 3;
  std::latch together(3);
  peer_.SetHook([&](PeerCall call, const Uuid&) {
    if (call == PeerCall::kRelease) together.arrive_and_wait();
    return PeerFate::kAnswer;
  });
  std::vector<domain::Reservation> all = {Held(), Held(), Held()};
  for (const domain::Reservation& held : all) Tell(held, {"release"});
  for (const domain::Reservation& held : all) EXPECT_TRUE(EventuallyNothingLeft(held));
}

TEST_F(SettlerTest, DoneNotNoted_IsSentAgainOnceTheClaimIsOver) {
  const domain::Reservation held = Held();
  store_.Script(SagaCall::kDone, {SagaFate::kFailed});
  Tell(held, {"commit"});
  ASSERT_TRUE(Eventually([&] { return store_.Calls(SagaCall::kDone) == 1; }));
  Later(absl::Hours(1));
  ASSERT_TRUE(EventuallyNothingLeft(held));
  EXPECT_EQ(peer_.Calls(PeerCall::kCommit), 2);
  EXPECT_EQ(LevelOf(held), (domain::StockLevel{98, 0})) << "the peer acts on what is pending only";
}

TEST_F(SettlerTest, Restock_IsMarkedBeforeItIsSaid) {
  const domain::Reservation committed = Committed(2);
  std::atomic<int> sent = 0;
  peer_.SetHook([&](PeerCall call, const Uuid&) {
    if (call == PeerCall::kAdjust) {
      EXPECT_EQ(store_.Steps(committed.id).front(), absl::StrCat("restocking ", sent++));
    }
    return PeerFate::kAnswer;
  });
  Tell(committed, {"restock 0", "restock 1"});
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(sent, 2);
  EXPECT_EQ(LevelOf(committed, 0), (domain::StockLevel{100, 0}));
  EXPECT_EQ(LevelOf(committed, 1), (domain::StockLevel{100, 0}));
  EXPECT_THAT(store_.RestocksInDoubt(), IsEmpty());
}

TEST_F(SettlerTest, RestockWithoutAnAnswer_IsListedAndNeverSaidAgain) {
  for (const PeerFate fate : {PeerFate::kLost, PeerFate::kNeverDone}) {
    const int sent = peer_.Calls(PeerCall::kAdjust);
    const std::size_t listed = store_.RestocksInDoubt().size();
    const domain::Reservation committed = Committed(2);
    peer_.Script(PeerCall::kAdjust, {fate});
    Tell(committed, {"restock 0", "restock 1"});
    ASSERT_TRUE(EventuallyNothingLeft(committed));
    Later(absl::Hours(1));
    EXPECT_EQ(peer_.Calls(PeerCall::kAdjust), sent + 2);
    EXPECT_EQ(LevelOf(committed, 0).quantity, fate == PeerFate::kLost ? 100 : 98);
    EXPECT_EQ(LevelOf(committed, 1).quantity, 100) << "the next one goes on";
    ASSERT_THAT(store_.RestocksInDoubt(), SizeIs(listed + 1));
    EXPECT_THAT(store_.RestocksInDoubt().back(), Pair(committed.id, 0));
  }
}

TEST_F(SettlerTest, RestockNotSent_IsSaidLater) {
  const domain::Reservation committed = Committed();
  peer_.Script(PeerCall::kAdjust, {PeerFate::kNotSent});
  Tell(committed, {"restock 0"});
  ASSERT_TRUE(Eventually([&] { return store_.WhatWasTold().size() == 1; }));
  EXPECT_THAT(store_.Steps(committed.id), ElementsAre("restock 0"));
  Later(absl::Minutes(1));
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(LevelOf(committed), (domain::StockLevel{100, 0}));
  EXPECT_THAT(store_.RestocksInDoubt(), IsEmpty());
}

TEST_F(SettlerTest, RestockNotMarked_IsNotSaid) {
  const domain::Reservation committed = Committed();
  store_.Script(SagaCall::kMarkRestocking, {SagaFate::kFailed});
  Tell(committed, {"restock 0"});
  ASSERT_TRUE(Eventually([&] { return store_.Calls(SagaCall::kMarkRestocking) == 1; }));
  EXPECT_EQ(peer_.Calls(PeerCall::kAdjust), 0);
  Later(absl::Hours(1));
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(LevelOf(committed), (domain::StockLevel{100, 0}));
}

// A later claim that finds the mark cannot know that nothing was sent.
TEST_F(SettlerTest, RestockMarkedAndNotKnown_IsListedAndNotSaid) {
  const domain::Reservation committed = Committed();
  store_.Script(SagaCall::kMarkRestocking, {SagaFate::kLost});
  Tell(committed, {"restock 0"});
  ASSERT_TRUE(Eventually([&] { return store_.Calls(SagaCall::kMarkRestocking) == 1; }));
  Later(absl::Hours(1));
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(peer_.Calls(PeerCall::kAdjust), 0);
  EXPECT_THAT(store_.RestocksInDoubt(), ElementsAre(Pair(committed.id, 0)));
}

TEST_F(SettlerTest, RestockDoneAndNotNoted_IsListedAndNotSaidAgain) {
  const domain::Reservation committed = Committed();
  store_.Script(SagaCall::kDone, {SagaFate::kFailed});
  Tell(committed, {"restock 0"});
  ASSERT_TRUE(Eventually([&] { return store_.Calls(SagaCall::kDone) == 1; }));
  Later(absl::Hours(1));
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(peer_.Calls(PeerCall::kAdjust), 1);
  EXPECT_THAT(store_.RestocksInDoubt(), ElementsAre(Pair(committed.id, 0)));
}

TEST_F(SettlerTest, RestockThatAnotherSaid_IsListedAndNotSaid) {
  const domain::Reservation committed = Committed(2);
  Tell(committed, {"restocking 0", "restock 1"});
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(LevelOf(committed, 0).quantity, 98);
  EXPECT_EQ(LevelOf(committed, 1).quantity, 100);
  EXPECT_THAT(store_.RestocksInDoubt(), ElementsAre(Pair(committed.id, 0)));
}

// The list could not be written: tried again, and still not sent.
TEST_F(SettlerTest, RestockThatAnotherSaid_NotListedAtFirst_IsStillNotSaid) {
  const domain::Reservation committed = Committed();
  store_.Script(SagaCall::kInDoubt, {SagaFate::kFailed, SagaFate::kFailed});
  Tell(committed, {"restocking 0"});
  for (int tries = 1; tries <= 2; ++tries) {
    ASSERT_TRUE(Eventually([&] { return store_.Calls(SagaCall::kInDoubt) == tries; }));
    EXPECT_THAT(store_.Steps(committed.id), ElementsAre("restocking 0"));
    Later(absl::Hours(1));
  }
  ASSERT_TRUE(EventuallyNothingLeft(committed));
  EXPECT_EQ(peer_.Calls(PeerCall::kAdjust), 0);
  EXPECT_THAT(store_.RestocksInDoubt(), ElementsAre(Pair(committed.id, 0)));
}

TEST_F(SettlerTest, IntentsLeftByACrash_AreReleasedAtTheStart) {
  const Uuid old = OpenedIntent();
  clock_.Advance(options_.intent_ttl);
  const Uuid young = OpenedIntent();
  clock_.Advance(absl::Seconds(1));
  settler();
  ASSERT_TRUE(Eventually([&] { return peer_.Calls(PeerCall::kRelease) == 1; }));
  EXPECT_EQ(store_.State(old), ReservationState::kReleased);
  EXPECT_EQ(store_.State(young), ReservationState::kIntent);
  Later(options_.release_again_after);
  ASSERT_TRUE(Eventually([&] { return store_.Steps(old).empty(); }));
  EXPECT_THAT(peer_.Ids(PeerCall::kRelease), ElementsAre(old, old));
  EXPECT_EQ(metrics_.Value("logistics_intents_recovered_total"), 1);
}

TEST_F(SettlerTest, IntentThatIsOldOnlyLater_IsReleasedAtALaterTurn) {
  options_.recover_every = absl::Milliseconds(20);
  const Uuid left = OpenedIntent();
  settler();
  ASSERT_TRUE(Eventually([&] { return store_.Calls(SagaCall::kLeft) >= 2; }));
  EXPECT_EQ(store_.State(left), ReservationState::kIntent) << "its maker may still be at it";
  clock_.Advance(options_.intent_ttl + absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return store_.State(left) == ReservationState::kReleased; }));
  EXPECT_TRUE(Eventually([&] { return peer_.Calls(PeerCall::kRelease) == 1; }));
  EXPECT_TRUE(Eventually([&] { return metrics_.Value("logistics_intents_recovered_total") == 1; }));
}

TEST_F(SettlerTest, NotSettledForLong_IsAlarmed) {
  peer_.SetUnavailable(true);
  domain::Reservation held{ids_.NewId(), warehouse_, ReservationState::kHeld, {}};
  store_.AddSteps(held, {"release"}, "the test says so");
  clock_.Advance(options_.settle_alarm_after + absl::Seconds(1));
  settler();
  EXPECT_TRUE(Eventually([&] { return metrics_.Value("logistics_settlements_stuck") == 1; }));
  EXPECT_TRUE(Eventually([&] { return metrics_.Value("logistics_settlements_oldest_seconds") >= 3600; }));
}

TEST_F(SettlerTest, DatabaseAway_GoesOnWhenItIsBack) {
  const domain::Reservation held = Held();
  store_.Script(SagaCall::kClaim, {SagaFate::kFailed, SagaFate::kFailed});
  Tell(held, {"release"});
  EXPECT_TRUE(EventuallyNothingLeft(held));
}

// A stop that waited for the poll, or for the look at what is stuck, would outlast the test's time.
TEST_F(SettlerTest, StopWhileIdle_Returns) {
  for (int i = 0; i < 150; ++i) {
    settler();
    StopSettler();
  }
}

TEST_F(SettlerTest, StopWhileACallHangs_ReturnsOnceThePeerIsStopped) {
  std::latch calling(1);
  std::latch peer_stopped(1);
  peer_.SetHook([&](PeerCall call, const Uuid&) {
    if (call != PeerCall::kRelease) return PeerFate::kAnswer;
    calling.count_down();
    peer_stopped.wait();
    return PeerFate::kNeverDone;
  });
  const domain::Reservation held = Held();
  Tell(held, {"release"});
  calling.wait();
  std::jthread stop([&] { StopSettler(); });
  peer_stopped.count_down();
  stop.join();
  EXPECT_THAT(store_.Steps(held.id), ElementsAre("release")) << "for whoever starts next";
}

// As after a start of a peer that forgets.
TEST_F(SettlerTest, PeerHoldsNothing_StepIsDoneAfterOneCallAndCounted) {
  domain::Reservation forgotten = Held();
  for (const char* step : {"release", "commit"}) {
    forgotten.id = ids_.NewId();
    Tell(forgotten, {step});
    ASSERT_TRUE(EventuallyNothingLeft(forgotten));
    EXPECT_EQ(metrics_.Value("logistics_settlements_nothing_pending_total", {{"step", step}}), 1);
  }
  StopSettler();
  EXPECT_EQ(peer_.Calls(PeerCall::kRelease), 1);
  EXPECT_EQ(peer_.Calls(PeerCall::kCommit), 1);
}

TEST_F(SettlerTest, PeerNotAsked_ClaimsNothingUntilItIsAskedAgain) {
  peer_.SetNotAskedFor(absl::Milliseconds(1));
  std::vector<domain::Reservation> held;
  for (int i = 0; i < 50; ++i) Tell(held.emplace_back(Held()), {"release"});
  EXPECT_TRUE(Eventually([&] {
    settler().Wake();
    return metrics_.Value("logistics_settlement_pauses_total") >= 3;
  }));
  EXPECT_EQ(store_.Calls(SagaCall::kClaim), 0);
  EXPECT_EQ(peer_.Calls(PeerCall::kRelease), 0);
  peer_.SetNotAskedFor(absl::ZeroDuration());
  for (const domain::Reservation& one : held) EXPECT_TRUE(EventuallyNothingLeft(one));
}

}  // namespace
}  // namespace logistics::service
