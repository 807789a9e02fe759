// ports::InventoryPeer: one suite runs against the scripted fake and, over gRPC, against the peer itself, so that a
// test of the saga with the fake means the same as one with the real thing. The fates that a test scripts are not here:
// over the wire they are in switches_test.cpp.
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/system_clock.hpp"
#include "fakes/eventually.hpp"
#include "fakes/null_metrics.hpp"
#include "fakes/recording_health.hpp"
#include "fakes/scripted_peer.hpp"
#include "fakes/status_matchers.hpp"
#include "integration/peer/peer_fixture.hpp"
#include "remote_inventory/grpc_inventory_peer.hpp"

namespace logistics::peer {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::PeerReserve;
using ports::PeerReserveAnswer;
using ports::PeerSettled;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A peer whose catalogue the test fills.
class PeerHarness {
 public:
  virtual ~PeerHarness() = default;
  virtual ports::InventoryPeer& peer() = 0;
  // Each level: warehouse and quantity.
  virtual void Add(const std::string& id, const std::string& sku,
                   const std::map<std::string, std::int64_t>& levels) = 0;
};

class ScriptedHarness final : public PeerHarness {
 public:
  ports::InventoryPeer& peer() override { return peer_; }
  void Add(const std::string& id, const std::string& sku, const std::map<std::string, std::int64_t>& levels) override {
    const domain::ProductId product = *domain::ProductId::Parse(id);
    peer_.AddProduct(product, sku);
    for (const auto& [warehouse, quantity] : levels) {
      peer_.SetLevel({product, *domain::WarehouseId::Parse(warehouse)}, {quantity, 0});
    }
  }

 private:
  fakes::ScriptedPeer peer_;
};

class GrpcHarness final : public PeerHarness {
 public:
  GrpcHarness() {
    remote_inventory::PeerOptions options;
    options.url = server_.url();
    auto connected = remote_inventory::GrpcInventoryPeer::Connect(options, clock_, metrics_, health_);
    if (!connected.ok()) throw std::runtime_error(connected.status().ToString());
    peer_ = *std::move(connected);
    if (!health_.WaitForState("inventory", ports::HealthState::kUp, kPatience)) throw std::runtime_error("no peer");
  }
  ports::InventoryPeer& peer() override { return *peer_; }
  void Add(const std::string& id, const std::string& sku, const std::map<std::string, std::int64_t>& levels) override {
    server_.Seed({{id, sku, levels}});
  }

 private:
  test::TestDatabase database_;
  support::InventoryPeer server_{database_.url()};
  app::SystemClock clock_;
  fakes::NullMetrics metrics_;
  fakes::RecordingHealth health_;
  std::unique_ptr<remote_inventory::GrpcInventoryPeer> peer_;
};

struct PeerFactory {
  std::string name;
  std::function<std::unique_ptr<PeerHarness>()> make;
  friend std::ostream& operator<<(std::ostream& out, const PeerFactory& factory) { return out << factory.name; }
};

class InventoryPeerContract : public testing::TestWithParam<PeerFactory> {
 protected:
  InventoryPeerContract() {
    harness_->Add(kBox, "box", {{kHome, 10}});
    harness_->Add(kLid, "lid", {{kHome, 1}});
    harness_->Add(kPin, "pin", {{kHome, 10}, {kElsewhere, 20}});
  }

  static constexpr char kBox[] = "11111111-0000-4000-8000-000000000001";
  static constexpr char kLid[] = "11111111-0000-4000-8000-000000000002";
  static constexpr char kPin[] = "11111111-0000-4000-8000-000000000003";

  static domain::ProductId Id(const std::string& text) { return *domain::ProductId::Parse(text); }
  static domain::StockItem Item(const std::string& id, std::int32_t quantity) { return {Id(id), "", quantity}; }
  static ports::CallContext Context() { return {"correlation", "", absl::Now() + kPatience}; }

  ports::InventoryPeer& peer() { return harness_->peer(); }
  PeerReserveAnswer Reserve(const std::vector<domain::StockItem>& items) {
    return peer().Reserve(order_, home_, items, Context());
  }
  domain::StockLevel LevelOf(const std::string& id, const std::string& warehouse = kHome) {
    const auto rows = peer().Levels({Id(id)}, {*domain::WarehouseId::Parse(warehouse)}, Context());
    EXPECT_THAT(rows, IsOkAndHolds(SizeIs(1)));
    return rows.ok() && rows->size() == 1 ? rows->front().level : domain::StockLevel{-1, -1};
  }
  absl::StatusOr<ports::LevelRow> Adjust(const std::string& id, std::int64_t delta, bool& sent) {
    return peer().Adjust({{Id(id), home_}, delta, "test", ""}, Context(), sent);
  }

  std::unique_ptr<PeerHarness> harness_ = GetParam().make();
  const domain::Uuid order_ = *domain::Uuid::Parse("22222222-0000-4000-8000-000000000001");
  const domain::WarehouseId home_ = *domain::WarehouseId::Parse(kHome);
};

TEST_P(InventoryPeerContract, Reserve_WithEverythingThere_HoldsIt) {
  const PeerReserveAnswer answer = Reserve({Item(kBox, 3), Item(kLid, 1)});
  EXPECT_EQ(answer.outcome, PeerReserve::kHeld);
  EXPECT_THAT(answer.status, IsOk());
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{10, 3}));
  EXPECT_EQ(LevelOf(kLid), (domain::StockLevel{1, 1}));
}

TEST_P(InventoryPeerContract, Reserve_WithOneShort_IsRefusedAndLeavesTheOthersHeld) {
  const PeerReserveAnswer answer = Reserve({Item(kBox, 3), Item(kLid, 2)});
  EXPECT_EQ(answer.outcome, PeerReserve::kRefused);
  EXPECT_THAT(answer.status, IsOk());
  ASSERT_THAT(answer.items, SizeIs(2));
  EXPECT_EQ(answer.items[0].wanted.product_id, Id(kBox));
  EXPECT_TRUE(answer.items[0].in_stock);
  EXPECT_EQ(answer.items[1].wanted.product_id, Id(kLid));
  EXPECT_FALSE(answer.items[1].in_stock);
  EXPECT_EQ(answer.items[1].available, 1);
  EXPECT_FALSE(answer.items[1].error.empty());
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{10, 3}));
  EXPECT_THAT(peer().Release(order_, "refused", Context()), IsOkAndHolds(PeerSettled::kDone));
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{10, 0}));
}

TEST_P(InventoryPeerContract, Reserve_OfAProductWithoutALevelThere_IsRefused) {
  for (const domain::StockItem& item : {Item(kUnknownId, 1), Item(kBox, 1)}) {
    const domain::WarehouseId elsewhere = *domain::WarehouseId::Parse(kElsewhere);
    const PeerReserveAnswer answer = peer().Reserve(order_, elsewhere, {item}, Context());
    EXPECT_EQ(answer.outcome, PeerReserve::kRefused);
    ASSERT_THAT(answer.items, SizeIs(1));
    EXPECT_FALSE(answer.items[0].in_stock);
    EXPECT_EQ(answer.items[0].available, 0);
    EXPECT_FALSE(answer.items[0].error.empty());
  }
}

// Of these the peer makes stock from nothing: they are never sent.
TEST_P(InventoryPeerContract, Reserve_OfNothingOrLess_IsNotSent) {
  const std::vector<std::vector<domain::StockItem>> wrong = {
      {}, {Item(kBox, 0)}, {Item(kBox, -1)}, {Item(kBox, 1), Item(kBox, 1)}};
  for (const std::vector<domain::StockItem>& items : wrong) {
    const PeerReserveAnswer answer = Reserve(items);
    EXPECT_EQ(answer.outcome, PeerReserve::kNotSent);
    EXPECT_FALSE(answer.status.ok());
  }
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{10, 0}));
}

TEST_P(InventoryPeerContract, Settlements_ActOnceOnWhatIsPending) {
  EXPECT_THAT(peer().Release(order_, "nothing yet", Context()), IsOkAndHolds(PeerSettled::kNothingPending));
  ASSERT_EQ(Reserve({Item(kBox, 3)}).outcome, PeerReserve::kHeld);
  EXPECT_THAT(peer().Release(order_, "why", Context()), IsOkAndHolds(PeerSettled::kDone));
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{10, 0}));
  EXPECT_THAT(peer().Release(order_, "why", Context()), IsOkAndHolds(PeerSettled::kNothingPending));
  EXPECT_THAT(peer().Commit(order_, Context()), IsOkAndHolds(PeerSettled::kNothingPending));
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{10, 0}));
}

TEST_P(InventoryPeerContract, Commit_TakesThePiecesAndReleaseReturnsNoneOfThem) {
  ASSERT_EQ(Reserve({Item(kBox, 3)}).outcome, PeerReserve::kHeld);
  EXPECT_THAT(peer().Commit(order_, Context()), IsOkAndHolds(PeerSettled::kDone));
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{7, 0}));
  EXPECT_THAT(peer().Commit(order_, Context()), IsOkAndHolds(PeerSettled::kNothingPending));
  EXPECT_THAT(peer().Release(order_, "why", Context()), IsOkAndHolds(PeerSettled::kNothingPending));
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{7, 0}));
}

// Contract §2, point 10: the reason why a product may have one location only.
TEST_P(InventoryPeerContract, Settlements_ChangeTheLevelOfEveryWarehouse) {
  ASSERT_EQ(Reserve({Item(kPin, 3)}).outcome, PeerReserve::kHeld);
  EXPECT_EQ(LevelOf(kPin, kElsewhere), (domain::StockLevel{20, 0}));
  ASSERT_THAT(peer().Release(order_, "why", Context()), IsOkAndHolds(PeerSettled::kDone));
  EXPECT_EQ(LevelOf(kPin), (domain::StockLevel{10, 0}));
  EXPECT_EQ(LevelOf(kPin, kElsewhere).reserved, -3);
}

TEST_P(InventoryPeerContract, Adjust_AddsAsOftenAsItIsSaid) {
  bool sent = false;
  for (const std::int64_t quantity : {15, 20}) {
    const absl::StatusOr<ports::LevelRow> row = Adjust(kBox, 5, sent);
    ASSERT_THAT(row, IsOk());
    EXPECT_TRUE(sent);
    EXPECT_EQ(row->key, (domain::LevelKey{Id(kBox), home_}));
    EXPECT_EQ(row->level.quantity, quantity);
  }
  EXPECT_EQ(LevelOf(kBox), (domain::StockLevel{20, 0}));
}

TEST_P(InventoryPeerContract, Adjust_OfAnUnknownProductFails_AndByNothingIsNotSent) {
  bool sent = false;
  EXPECT_THAT(Adjust(kUnknownId, 5, sent), StatusIs(absl::StatusCode::kInternal));
  EXPECT_TRUE(sent);
  EXPECT_THAT(Adjust(kBox, 0, sent), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_FALSE(sent);
}

TEST_P(InventoryPeerContract, Levels_AreThoseOfAllProductsAndWarehousesAskedFor) {
  const auto count = [&](const std::vector<domain::ProductId>& products, const std::vector<std::string>& warehouses) {
    std::vector<domain::WarehouseId> ids;
    for (const std::string& warehouse : warehouses) ids.push_back(*domain::WarehouseId::Parse(warehouse));
    const auto rows = peer().Levels(products, ids, Context());
    EXPECT_THAT(rows, IsOk());
    return rows.ok() ? static_cast<int>(rows->size()) : -1;
  };
  EXPECT_EQ(count({}, {}), 4);
  EXPECT_EQ(count({Id(kPin)}, {}), 2);
  EXPECT_EQ(count({Id(kPin), Id(kBox)}, {}), 3);
  EXPECT_EQ(count({Id(kPin), Id(kBox)}, {kElsewhere}), 1);
  EXPECT_EQ(count({}, {kElsewhere}), 1);
  EXPECT_EQ(count({Id(kUnknownId)}, {kHome}), 0);
}

TEST_P(InventoryPeerContract, Products_AreFoundByIdAndInPages) {
  const absl::StatusOr<domain::Product> box = peer().GetProduct(Id(kBox), Context());
  ASSERT_THAT(box, IsOk());
  EXPECT_EQ(box->id, Id(kBox));
  EXPECT_EQ(box->sku, "box");
  EXPECT_THAT(peer().GetProduct(Id(kUnknownId), Context()), StatusIs(absl::StatusCode::kNotFound));
  std::vector<std::string> skus;
  for (int page = 1; page <= 2; ++page) {
    const absl::StatusOr<ports::ProductPage> products = peer().ListProducts("", page, 2, Context());
    ASSERT_THAT(products, IsOk());
    EXPECT_EQ(products->total_count, 3);
    for (const domain::Product& product : products->products) skus.push_back(product.sku);
  }
  EXPECT_THAT(skus, testing::UnorderedElementsAre("box", "lid", "pin"));
  EXPECT_THAT(peer().ListProducts("", 3, 2, Context())->products, IsEmpty());
}

TEST_P(InventoryPeerContract, NotAskedFor_IsZeroWhileItAnswers) {
  EXPECT_EQ(peer().NotAskedFor(), absl::ZeroDuration());
}

INSTANTIATE_TEST_SUITE_P(All, InventoryPeerContract,
                         testing::Values(PeerFactory{"Scripted", [] { return std::make_unique<ScriptedHarness>(); }},
                                         PeerFactory{"Grpc", [] { return std::make_unique<GrpcHarness>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace logistics::peer
