#include "logistics/service/saga/reconciler.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fakes/counting_metrics.hpp"
#include "fakes/scripted_ledger.hpp"
#include "fakes/scripted_peer.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"

namespace logistics::service {
namespace {

using fakes::IsOk;
using fakes::PeerCall;
using fakes::PeerFate;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The message and the numbers of each line.
class Lines final : public ports::Log {
 public:
  bool Enabled(ports::LogLevel /*level*/) const override { return true; }
  void Write(ports::LogLevel level, std::string_view message, std::span<const ports::LogField> fields) override {
    std::string line(message);
    for (const ports::LogField& field : fields) {
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        absl::StrAppend(&line, " ", std::string(field.key), "=", *number);
      } else if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        absl::StrAppend(&line, " ", std::string(field.key), "=", std::string(*text));
      }
    }
    EXPECT_EQ(level, ports::LogLevel::kWarning);
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

class ReconcilerTest : public testing::Test {
 protected:
  ReconcilerTest() {
    options_.pause = absl::ZeroDuration();
    for (const domain::LevelKey& key : {chair_, table_}) peer_.AddProduct(key.product_id, "any");
  }

  Reconciler& reconciler() {
    if (!reconciler_) {
      reconciler_ = std::make_unique<Reconciler>(ledger_, settlements_, peer_, ids_, metrics_, log_, options_);
    }
    return *reconciler_;
  }
  Reconciliation Found(bool fix = false) {
    const absl::StatusOr<Reconciliation> found = reconciler().Reconcile(fix, {});
    EXPECT_THAT(found, IsOk());
    return found.ok() ? *found : Reconciliation();
  }
  // Called within the first, second ... question for the levels, before the peer answers.
  void OnLook(std::map<int, std::function<void()>> by_look) {
    peer_.SetHook([this, by_look = std::move(by_look)](PeerCall call, const domain::Uuid& /*id*/) {
      const auto now = by_look.find(peer_.Calls(PeerCall::kLevels));
      if (call == PeerCall::kLevels && now != by_look.end()) now->second();
      return PeerFate::kAnswer;
    });
  }
  domain::LevelKey NewKey() { return {domain::ProductId(ids_.NewId()), warehouse_}; }

  fakes::SequentialIds ids_;
  const domain::WarehouseId warehouse_{ids_.NewId()};
  const domain::LevelKey chair_ = NewKey();
  const domain::LevelKey table_ = NewKey();
  fakes::ScriptedLedger ledger_;
  fakes::ScriptedPeer peer_;
  fakes::StuckSettlements settlements_;
  fakes::CountingMetrics metrics_;
  Lines log_;
  ReconcilerOptions options_;

 private:
  std::unique_ptr<Reconciler> reconciler_;
};

TEST_F(ReconcilerTest, BooksThatFit_AreLookedAtOnce) {
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 3});
  peer_.SetLevel(table_, {5, 0});
  const Reconciliation found = Found();
  EXPECT_THAT(found.drifts, IsEmpty());
  EXPECT_THAT(found.damaged, IsEmpty());
  EXPECT_THAT(found.multi_location, IsEmpty());
  EXPECT_EQ(found.levels, 2);
  EXPECT_EQ(peer_.Calls(PeerCall::kLevels), 1);
  reconciler().RunTurn();
  EXPECT_THAT(log_.lines, IsEmpty());
  EXPECT_EQ(metrics_.Value("logistics_inventory_reconciliations_total", {{"result", "done"}}), 2);
}

TEST_F(ReconcilerTest, LeakedAndMissingReservations_AreReportedTheLargestFirst) {
  ledger_.Set({chair_, 3});
  ledger_.Set({table_, 4});
  peer_.SetLevel(chair_, {10, 5});
  peer_.SetLevel(table_, {10, 1});
  const Reconciliation found = Found();
  ASSERT_THAT(found.drifts, SizeIs(2));
  EXPECT_EQ(found.drifts[0].key, table_);
  EXPECT_EQ(found.drifts[0].drift(), -3);
  EXPECT_EQ(found.drifts[1].key, chair_);
  EXPECT_EQ(found.drifts[1].drift(), 2);
  EXPECT_EQ(found.drift_products, 2);
  EXPECT_EQ(found.drift_pieces, 5);
  EXPECT_EQ(peer_.Calls(PeerCall::kLevels), 2);
  EXPECT_EQ(metrics_.Value("logistics_inventory_drift_products"), 2);
  EXPECT_EQ(metrics_.Value("logistics_inventory_drift_pieces"), 5);

  ledger_.Set({chair_, 5});
  ledger_.Set({table_, 1});
  EXPECT_EQ(Found().drift_products, 0);
  EXPECT_EQ(metrics_.Value("logistics_inventory_drift_pieces"), 0);
}

TEST_F(ReconcilerTest, ReservedOfAnUnknownProduct_IsDrift) {
  peer_.SetLevel(chair_, {10, 1});
  EXPECT_EQ(Found().drift_pieces, 1);
}

TEST_F(ReconcilerTest, HeldWithoutALevelThere_IsDrift) {
  ledger_.Set({chair_, 2});
  const Reconciliation found = Found();
  ASSERT_THAT(found.drifts, SizeIs(1));
  EXPECT_FALSE(found.drifts[0].at_peer);
  EXPECT_EQ(found.drifts[0].drift(), -2);
}

TEST_F(ReconcilerTest, DriftThatGoesAway_IsNone) {
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 5});
  OnLook({{2, [this] { peer_.SetLevel(chair_, {10, 3}); }}});
  EXPECT_THAT(Found().drifts, IsEmpty());
  EXPECT_EQ(peer_.Calls(PeerCall::kLevels), 2);
}

TEST_F(ReconcilerTest, DriftThatTurns_IsNone) {
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 5});
  OnLook({{2, [this] { peer_.SetLevel(chair_, {10, 1}); }}});
  EXPECT_THAT(Found().drifts, IsEmpty());
}

TEST_F(ReconcilerTest, ReservedInFlight_MayBeThereOrNot) {
  ledger_.Set({chair_, 3, 2});
  for (const std::int64_t reserved : {3, 4, 5}) {
    peer_.SetLevel(chair_, {10, reserved});
    EXPECT_THAT(Found().drifts, IsEmpty()) << reserved;
  }
  peer_.SetLevel(chair_, {10, 2});
  EXPECT_EQ(Found().drifts.at(0).drift(), -1);
  peer_.SetLevel(chair_, {10, 6});
  const Reconciliation found = Found();
  EXPECT_EQ(found.drifts.at(0).drift(), 1);
  EXPECT_EQ(found.drifts.at(0).expected_min, 3);
  EXPECT_EQ(found.drifts.at(0).expected_max, 5);
}

TEST_F(ReconcilerTest, ChangeDuringTheLook_IsNoDrift) {
  // Held before and settled during the look, while another order was created.
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 5});
  OnLook({{1, [this] { ledger_.Set({chair_, 0, 2, 2}); }}});
  EXPECT_THAT(Found().drifts, IsEmpty());
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 0});
  OnLook({{2, [this] { ledger_.Set({chair_, 0, 0, 0}); }}});
  EXPECT_THAT(Found().drifts, IsEmpty());
  EXPECT_EQ(peer_.Calls(PeerCall::kLevels), 2) << "one look was enough for each";
}

TEST_F(ReconcilerTest, OurProductsInSeveralLocations_AreListedAlsoWithALevelOf0) {
  const domain::LevelKey chair_elsewhere{chair_.product_id, domain::WarehouseId(ids_.NewId())};
  const domain::LevelKey table_elsewhere{table_.product_id, chair_elsewhere.warehouse_id};
  ledger_.Set({chair_, 1});
  peer_.SetLevel(chair_, {10, 1});
  peer_.SetLevel(chair_elsewhere, {0, 0});
  peer_.SetLevel(table_, {5, 0});
  peer_.SetLevel(table_elsewhere, {5, 0});
  const Reconciliation found = Found();
  ASSERT_THAT(found.multi_location, SizeIs(1)) << "nothing of the table is ours";
  EXPECT_EQ(found.multi_location[0].product_id, chair_.product_id);
  EXPECT_THAT(found.multi_location[0].warehouses, ElementsAre(warehouse_, chair_elsewhere.warehouse_id));
  EXPECT_EQ(metrics_.Value("logistics_inventory_multi_location_products"), 1);
}

TEST_F(ReconcilerTest, ReleaseInEveryLocation_ShowsAsDamageAndDrift) {
  const domain::LevelKey elsewhere{chair_.product_id, domain::WarehouseId(ids_.NewId())};
  peer_.SetLevel(chair_, {10, 0});
  peer_.SetLevel(elsewhere, {10, 0});
  const domain::Uuid order = ids_.NewId();
  peer_.Reserve(order, warehouse_, {{chair_.product_id, "any", 3}}, {});
  ASSERT_THAT(peer_.Release(order, "cancelled", {}), IsOk());
  const Reconciliation found = Found();
  ASSERT_THAT(found.damaged, SizeIs(1));
  EXPECT_EQ(found.damaged[0].key, elsewhere);
  EXPECT_EQ(found.damaged[0].level.reserved, -3);
  ASSERT_THAT(found.drifts, SizeIs(1));
  EXPECT_EQ(found.drifts[0].drift(), -3);
  EXPECT_EQ(metrics_.Value("logistics_inventory_damaged_levels"), 1);
}

TEST_F(ReconcilerTest, LevelThatDoesNotAddUp_IsDamaged) {
  peer_.SetLevel(chair_, {10, 0});
  peer_.SetSaidAvailable(chair_, 9);
  EXPECT_THAT(Found().damaged, SizeIs(1));
}

TEST_F(ReconcilerTest, Fix_SettlesProductsAgainThatHoldTooMuchAndNeverTouchesThePeer) {
  ledger_.Set({chair_, 3});
  ledger_.Set({table_, 4});
  peer_.SetLevel(chair_, {10, 5});
  peer_.SetLevel(table_, {10, 1});
  ledger_.SetRequeued({7, false});
  EXPECT_EQ(Found(/*fix=*/false).requeued.reservations, 0);
  EXPECT_THAT(ledger_.Fixed(), IsEmpty());
  const Reconciliation found = Found(/*fix=*/true);
  EXPECT_THAT(ledger_.Fixed(), ElementsAre(ElementsAre(chair_.product_id)));
  EXPECT_EQ(found.requeued.reservations, 7);
  EXPECT_FALSE(found.requeued.all);
  for (const PeerCall call : {PeerCall::kReserve, PeerCall::kRelease, PeerCall::kCommit, PeerCall::kAdjust}) {
    EXPECT_EQ(peer_.Calls(call), 0);
  }
}

TEST_F(ReconcilerTest, FixOfBooksThatFit_DoesNothing) {
  ledger_.Set({chair_, 3});
  peer_.SetLevel(chair_, {10, 3});
  Found(/*fix=*/true);
  EXPECT_THAT(ledger_.Fixed(), IsEmpty());
}

TEST_F(ReconcilerTest, SettlementsThatAreOldAndRestocksInDoubt_AreListed) {
  options_.settle_alarm_after = absl::Hours(1);
  settlements_.rows = {{ids_.NewId(), "release", 9, "unavailable", absl::Minutes(61)},
                       {ids_.NewId(), "commit", 1, "unavailable", absl::Minutes(59)}};
  ledger_.AddInDoubt({ids_.NewId(), chair_, "any", 2, "no answer", absl::UnixEpoch()});
  const Reconciliation found = Found();
  ASSERT_THAT(found.stuck, SizeIs(1));
  EXPECT_EQ(found.stuck[0].steps, "release");
  ASSERT_THAT(found.in_doubt, SizeIs(1));
  EXPECT_EQ(found.in_doubt[0].quantity, 2);
}

TEST_F(ReconcilerTest, LongLists_AreCutAndCountedInFull) {
  options_.listed_max = 2;
  for (int i = 0; i < 5; ++i) peer_.SetLevel(NewKey(), {10, i + 1});
  const Reconciliation found = Found();
  ASSERT_THAT(found.drifts, SizeIs(2));
  EXPECT_EQ(found.drifts[0].drift(), 5);
  EXPECT_EQ(found.drift_products, 5);
  EXPECT_EQ(found.drift_pieces, 15);
}

TEST_F(ReconcilerTest, Turn_WarnsWithProductAndNumbers) {
  ledger_.Set({chair_, 3, 1});
  peer_.SetLevel(chair_, {10, 7});
  reconciler().RunTurn();
  ASSERT_THAT(log_.lines, SizeIs(2));
  EXPECT_THAT(log_.lines[0], testing::HasSubstr(chair_.product_id.ToString()));
  EXPECT_THAT(log_.lines[0], testing::HasSubstr("drift=3 reserved=7 expected_min=3 expected_max=4"));
  EXPECT_THAT(log_.lines[1], testing::HasSubstr("drift_products=1 drift_pieces=3"));
  EXPECT_THAT(ledger_.Fixed(), IsEmpty()) << "a turn only looks";
}

TEST_F(ReconcilerTest, PeerAway_IsUnavailableAndLeavesWhatWasMeasured) {
  peer_.SetLevel(chair_, {10, 1});
  Found();
  peer_.SetUnavailable(true);
  EXPECT_THAT(reconciler().Reconcile(false, {}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(metrics_.Value("logistics_inventory_drift_pieces"), 1);
  EXPECT_EQ(metrics_.Value("logistics_inventory_reconciliations_total", {{"result", "failed"}}), 1);
  reconciler().RunTurn();
  EXPECT_THAT(log_.lines, SizeIs(1));
}

TEST_F(ReconcilerTest, Stop_EndsThePause) {
  options_.pause = absl::Hours(1);
  peer_.SetLevel(chair_, {10, 1});
  Reconciler& waiting = reconciler();
  std::jthread stopper([&] { waiting.Stop(); });
  EXPECT_THAT(waiting.Reconcile(false, {}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ReconcilerTest, DeadlineWithinThePause_IsSaidAtOnce) {
  options_.pause = absl::Hours(1);
  peer_.SetLevel(chair_, {10, 1});
  EXPECT_THAT(reconciler().Reconcile(false, {"", "", absl::Now() + absl::Minutes(1)}),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

}  // namespace
}  // namespace logistics::service
