#include "storage/coordination/inventory_mode.hpp"

#include <string>
#include <vector>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;
constexpr ModeChange kSwitch{.wanted = true};
constexpr ModeChange kSwitchAndSettle{.wanted = true, .settles_at_peer = true};

class InventoryModeTest : public StorageFixture {
 protected:
  absl::Status Start(const std::string& mode, const ModeChange& change = {}) {
    DatabaseOptions options = Options();
    options.inventory_mode = mode;
    return EnsureInventoryMode(options, ids_.NewId(), change);
  }
  // A start of a replica that stops right after.
  absl::Status StartAndStop(const std::string& mode, const ModeChange& change = {}) {
    absl::Status status = Start(mode, change);
    database_.Query("DELETE FROM replicas");
    return status;
  }
  void AddReservation(const std::string& state, const std::string& keeper) const {
    database_.Query(
        "INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, keeper, created_at, "
        "updated_at) VALUES (gen_random_uuid(), gen_random_uuid(), '" +
        state + "', '{}', '{}', '{}', '" + keeper + "', now(), now())");
  }
  void AddSettlement() const {
    database_.Query(
        "INSERT INTO settlements (reservation_id, steps, reason, due_at) SELECT id, '{release}', '', now() "
        "FROM reservations");
  }
};

TEST_F(InventoryModeTest, OtherMode_IsRefusedUntilSwitched) {
  EXPECT_THAT(StartAndStop("embedded"), IsOk());
  EXPECT_THAT(StartAndStop("embedded"), IsOk());
  EXPECT_THAT(StartAndStop("remote"), StatusIs(kRefused, HasSubstr("inventory.switch_mode")));
  EXPECT_THAT(StartAndStop("embedded"), IsOk());
  EXPECT_THAT(StartAndStop("remote", kSwitch), IsOk());
  EXPECT_THAT(StartAndStop("remote"), IsOk());
  EXPECT_THAT(StartAndStop("embedded"), StatusIs(kRefused));
}

TEST_F(InventoryModeTest, AskedByManyAtOnce_IsOneMode) {
  for (const ModeChange& change : {ModeChange{}, kSwitch}) {
    database_.Query("DELETE FROM replicas; DELETE FROM engine_facts WHERE name = 'inventory_mode'");
    std::vector<absl::Status> outcomes(4);
    AtOnce(4,
           [&](int i) { outcomes[static_cast<std::size_t>(i)] = Start(i % 2 == 0 ? "embedded" : "remote", change); });
    EXPECT_EQ(outcomes[0].ok(), outcomes[2].ok());
    EXPECT_EQ(outcomes[1].ok(), outcomes[3].ok());
    EXPECT_NE(outcomes[0].ok(), outcomes[1].ok());
  }
}

TEST_F(InventoryModeTest, ReplicaOfTheOtherModeThatLives_ForbidsTheSwitch) {
  ASSERT_THAT(Start("remote"), IsOk());
  EXPECT_THAT(Start("embedded", kSwitchAndSettle),
              StatusIs(kRefused, AllOf(HasSubstr("runs with remote inventory"), HasSubstr("Stop all replicas"))));
  EXPECT_THAT(Start("remote"), IsOk()) << "nothing was switched";
  database_.Query("UPDATE replicas SET seen_at = now() - interval '31 seconds'");
  ASSERT_THAT(Start("embedded", kSwitchAndSettle), IsOk());
  EXPECT_THAT(Start("remote", kSwitch), StatusIs(kRefused, HasSubstr("runs with embedded inventory")));
  EXPECT_EQ(Number("SELECT count(*) FROM replicas WHERE inventory_mode = 'embedded'"), 1);
}

TEST_F(InventoryModeTest, WorkThatWaitsForThePeer_ForbidsTheSwitch) {
  ASSERT_THAT(StartAndStop("remote"), IsOk());
  AddReservation("intent", "peer");
  EXPECT_THAT(StartAndStop("embedded", kSwitchAndSettle), StatusIs(kRefused, HasSubstr("1 intents")));
  database_.Query("UPDATE reservations SET state = 'released'");
  AddSettlement();
  EXPECT_THAT(StartAndStop("embedded", kSwitchAndSettle), StatusIs(kRefused, HasSubstr("1 settlements")));
  EXPECT_THAT(StartAndStop("remote"), IsOk()) << "the mode in which they are done";
  database_.Query("DELETE FROM settlements");
  EXPECT_THAT(StartAndStop("embedded", kSwitchAndSettle), IsOk());
}

TEST_F(InventoryModeTest, EmbeddedStartWithoutThePeer_IsRefusedWhileOrdersHoldStockThere) {
  ASSERT_THAT(StartAndStop("remote"), IsOk());
  AddReservation("held", "peer");
  AddReservation("held", "self");
  const auto names_the_setting = StatusIs(kRefused, AllOf(HasSubstr("1 orders"), HasSubstr("inventory.settle_url")));
  EXPECT_THAT(StartAndStop("embedded", kSwitch), names_the_setting);
  EXPECT_THAT(StartAndStop("embedded", kSwitchAndSettle), IsOk()) << "these orders are settled where they hold it";
  EXPECT_THAT(StartAndStop("embedded"), names_the_setting) << "later starts too";
  database_.Query("UPDATE reservations SET state = 'committed' WHERE keeper = 'peer'");
  EXPECT_THAT(StartAndStop("embedded"), IsOk());
  EXPECT_THAT(StartAndStop("remote", kSwitch), IsOk()) << "orders in our books end in our books";
}

TEST_F(InventoryModeTest, DatabaseAway_IsUnavailable) {
  DatabaseOptions options;
  options.url = "postgres://nobody:nothing@127.0.0.1:1/nowhere";
  EXPECT_THAT(EnsureInventoryMode(options, ids_.NewId(), {}), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace logistics::storage
