// Old rows go, and what is still needed stays.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

constexpr absl::Duration kAge = absl::Hours(24 * 30);

class RetentionTest : public StorageFixture {
 protected:
  RetentionTest() { options_.sweep_interval = absl::Milliseconds(20); }

  // Orders of one commit each, all of them published.
  void MakeCommits(int orders) {
    const auto replica = NewReplica();
    const domain::ProductId product = ProductWith(replica->database(), 1'000);
    for (int i = 0; i < orders; ++i) ASSERT_THAT(Create(replica->database(), OrderOf(product, 1)), IsOk());
    Publish(Last());
  }
  void Publish(std::int64_t number) const {
    database_.Query(absl::StrCat("UPDATE outbox_position SET number = ", number, ", ordinal = 2147483647"));
  }
  void Age(const std::string& numbers) const {
    database_.Query("UPDATE commits SET committed_at = now() - interval '31 days' WHERE number " + numbers);
  }
  void Start() {
    replica_ = NewReplica(options_);
    replica_->database().Start();
  }
  std::int64_t Last() const { return Number("SELECT value FROM change_counter"); }
  std::int64_t Count(const std::string& rows) const { return Number("SELECT count(*) FROM " + rows); }
  bool Goes(const std::string& rows) const {
    return Eventually([&] { return Count(rows) == 0; });
  }
  // An order in that status with a reservation in that state, both older than kAge.
  std::string OldOrder(const std::string& status, const std::string& state) const {
    const std::string id = ids_.NewId().ToString();
    database_.Query(absl::StrCat(
        "INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, "
        "tracking_number, has_shipping, has_payment, created_at, updated_at) VALUES ('",
        id, "', gen_random_uuid(), gen_random_uuid(), '", status,
        "', 1, 'EUR', 1, '', '', false, false, now(), now())"));
    return OldReservation(id, state);
  }
  std::string OldReservation(const std::string& id, const std::string& state,
                             const std::string& age = "31 days") const {
    database_.Query(absl::StrCat(
        "INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, keeper, created_at, "
        "updated_at) VALUES ('",
        id, "', gen_random_uuid(), '", state,
        "', '{}', '{}', '{}', 'self', now(), now() - "
        "interval '",
        age, "')"));
    return id;
  }
  std::string NewText() const { return ids_.NewId().ToString(); }

  mutable app::UuidV7Generator ids_{clock_};
  DatabaseOptions options_ = Options();
  std::unique_ptr<Replica> replica_;
};

TEST_F(RetentionTest, OldChangesAndTheirCommits_GoAndTheNewestCommitStays) {
  MakeCommits(450);  // more than two statements' worth
  Age("IS NOT NULL");
  const std::int64_t last = Last();
  options_.retention = {kAge, kAge, kAge, {}, {}};
  Start();
  EXPECT_TRUE(Goes("commits WHERE number < " + std::to_string(last - 1)));
  EXPECT_EQ(Count("order_status_history"), 1);
  EXPECT_EQ(Count("stock_movements"), 1);
  EXPECT_EQ(Last(), last) << "numbers never go back";
  EXPECT_EQ(replica_->Count("retention_rows_total", {{"table", "order_status_history"}}), 449);

  const auto head = replica_->database().order_log().Head({});
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(head->deleted_up_to, last - 1);
  const domain::ProductId product = ProductWith(replica_->database(), 1);
  ASSERT_THAT(Create(replica_->database(), OrderOf(product, 1)), IsOk());
  EXPECT_EQ(Last(), last + 3) << "a product, its level and an order";
}

TEST_F(RetentionTest, PlaceBelowWhatIsDeleted_IsOutOfRange) {
  MakeCommits(5);
  Age("IS NOT NULL");
  const std::int64_t last = Last();
  options_.retention = {kAge, kAge, {}, {}, {}};
  Start();
  ASSERT_TRUE(Goes("commits WHERE number < " + std::to_string(last - 1)));
  ports::OrderLog& log = replica_->database().order_log();
  const auto at = [](std::int64_t number) { return ports::LogPlace::AfterCommit(number); };
  EXPECT_THAT(log.ReadAfter({}, at(last - 1), 10, {}), IsOk());
  EXPECT_THAT(log.ReadAfter({}, at(last - 2), 10, {}), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(log.ReadAfter({std::nullopt, customer_}, {}, 10, {}), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(log.CommittedAt(last - 1, {}), IsOk()) << "a token of the quiet time before the last commit names it";
  EXPECT_THAT(log.CommittedAt(last - 2, {}), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(log.CommittedAt(last, {}), IsOk());
  EXPECT_THAT(log.CommittedAt(last + 1, {}), fakes::IsOkAndHolds(std::nullopt));
}

TEST_F(RetentionTest, YoungAndUnpublishedCommits_StayWithAllBehindThem) {
  MakeCommits(20);
  Age("<> 10");
  Publish(6);
  options_.retention = {kAge, kAge, kAge, {}, {}};
  Start();
  EXPECT_TRUE(Goes("commits WHERE number < 5"));
  EXPECT_EQ(Number("SELECT min(number) FROM commits"), 5) << "the broker has not confirmed the one behind it";
  Publish(Last());
  EXPECT_TRUE(Goes("commits WHERE number < 9"));
  EXPECT_EQ(Number("SELECT min(number) FROM commits"), 9) << "the one behind it is young";
  Age("= 10");
  EXPECT_TRUE(Goes("commits WHERE number < " + std::to_string(Last() - 1)));
}

// Without their commit nobody would find them.
TEST_F(RetentionTest, CommitsOfRowsThatStillHaveToGo_Stay) {
  MakeCommits(10);
  Age("IS NOT NULL");
  options_.retention = {kAge, 2 * kAge, {}, {}, {}};
  database_.Query("INSERT INTO commits VALUES (gen_random_uuid(), NULL, now() - interval '31 days')");
  Start();
  EXPECT_TRUE(Goes("commits WHERE number IS NULL")) << "the last statement of a run on commits";
  EXPECT_EQ(Number("SELECT min(number) FROM commits"), 1);
}

TEST_F(RetentionTest, Payments_GoOnceAnotherOneOfTheirOrderWouldBeRefused) {
  const auto pay = [&](const std::string& order, const std::string& age, int times = 1) {
    database_.Query(absl::StrCat(
        "INSERT INTO payments (order_id, outcome, payment_id, amount_minor, currency, payment_method, transaction_id, "
        "error_code, error_message, recorded_at) SELECT '",
        order, "', 'processed', gen_random_uuid(), 1, 'EUR', '', '', '', '', now() - interval '", age,
        "' FROM generate_series(1, ", times, ")"));
  };
  const std::string delivered = OldOrder("delivered", "committed");
  const std::string cancelled = OldOrder("cancelled", "released");
  pay(delivered, "31 days", 600);  // more than a page
  pay(cancelled, "31 days");
  pay(cancelled, "29 days");
  options_.retention = {{}, {}, {}, kAge, {}};
  Start();
  EXPECT_TRUE(Goes("payments WHERE order_id = '" + cancelled + "' AND recorded_at < now() - interval '30 days'"));
  EXPECT_EQ(Count("payments WHERE order_id = '" + cancelled + "'"), 1);
  EXPECT_EQ(Count("payments WHERE order_id = '" + delivered + "'"), 600);
}

TEST_F(RetentionTest, EndedReservations_GoUnlessAReturnOrASettlementMayNeedThem) {
  const std::string shipped = OldOrder("shipped", "committed");
  const std::string delivered = OldOrder("delivered", "committed");
  const std::string settling = OldOrder("cancelled", "released");
  database_.Query("INSERT INTO settlements (reservation_id, steps, reason, due_at) VALUES ('" + settling +
                  "', '{release}', '', now() + interval '1 day')");
  const std::string in_doubt = OldOrder("returned", "restocked");
  database_.Query("INSERT INTO restocks_in_doubt VALUES ('" + in_doubt +
                  "', gen_random_uuid(), gen_random_uuid(), 'X', 1, 'lost')");
  const std::string refused = OldOrder("returned", "restocked");
  database_.Query("INSERT INTO restocks_refused VALUES ('" + refused +
                  "', gen_random_uuid(), gen_random_uuid(), 'X', 1, 'full')");
  const std::string held = OldOrder("processing", "held");
  const std::string young = OldReservation(NewText(), "released", "29 days");
  const std::int64_t stay = Count("reservations");
  database_.Query(  // more than a page that stays
      "WITH made AS (INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, keeper, "
      "created_at, updated_at) SELECT gen_random_uuid(), gen_random_uuid(), 'released', '{}', '{}', '{}', 'peer', "
      "now(), now() - interval '32 days' FROM generate_series(1, 600) RETURNING id) INSERT INTO settlements "
      "(reservation_id, steps, reason, due_at) SELECT id, '{release}', '', now() + interval '1 day' FROM made");
  OldOrder("cancelled", "released");
  OldOrder("cancelled", "restocked");
  OldOrder("returned", "committed");
  OldReservation(NewText(), "committed");  // an external one
  options_.retention = {{}, {}, {}, {}, kAge};
  Start();
  EXPECT_TRUE(Eventually([&] { return Count("reservations") == stay + 600; }));
  for (const std::string& id : {shipped, delivered, settling, in_doubt, refused, held, young}) {
    EXPECT_EQ(Count("reservations WHERE id = '" + id + "'"), 1) << id;
  }
  EXPECT_EQ(replica_->Count("retention_rows_total", {{"table", "reservations"}}), 4);
}

TEST_F(RetentionTest, SizesOfTables_AreMeasured) {
  Start();
  EXPECT_TRUE(Eventually([&] { return replica_->Count("table_bytes", {{"table", "orders"}}) > 0; }));
}

}  // namespace
}  // namespace logistics::storage
