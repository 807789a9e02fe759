// Holds of others where it takes a database: two replicas at once, and the time that runs out.
#include <atomic>
#include <mutex>

#include "integration/storage/storage_fixture.hpp"
#include "logistics/domain/limits.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;

class ReservationTest : public StorageFixture {
 protected:
  ports::ReservationRequest HoldOf(const domain::ProductId& product, int quantity) {
    return {ids_.NewId(), warehouse_, {{product, "", quantity}}};
  }
  static absl::StatusOr<ports::ReservationAnswer> Reserve(Database& database, const ports::ReservationRequest& hold) {
    return database.stock().Reserve(hold, {"correlation", "", absl::InfiniteFuture()});
  }
  std::string StateOf(const domain::Uuid& id) const {
    const pqxx::result rows = database_.Query("SELECT state FROM reservations WHERE id = '" + id.ToString() + "'");
    return rows.empty() ? "none" : rows[0][0].c_str();
  }
  void Age(const domain::Uuid& id, const std::string& interval) const {
    database_.Query("UPDATE reservations SET created_at = now() - interval '" + interval + "' WHERE id = '" +
                    id.ToString() + "'");
  }
  // A replica that looks for holds older than an hour all the time, once it is started.
  std::unique_ptr<Replica> NewSweeper() {
    DatabaseOptions options = Options();
    options.reservation_ttl = absl::Hours(1);
    options.sweep_interval = absl::Milliseconds(20);
    return NewReplica(options);
  }
};

TEST_F(ReservationTest, OneIdAtTwoReplicas_IsHeldOnce) {
  const auto one = NewReplica();
  const auto two = NewReplica();
  const domain::ProductId box = ProductWith(one->database(), 10'000);
  const domain::ProductId lamp = ProductWith(one->database(), 10'000);
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(round);
    const bool same = round % 2 == 0;
    const ports::ReservationRequest hold = HoldOf(box, 2);
    // On another product the two do not meet at its level either.
    const ports::ReservationRequest other =
        same ? hold : ports::ReservationRequest{hold.id, warehouse_, {{lamp, "", 2}}};
    std::atomic<int> held = 0;
    AtOnce(8, [&](int i) {
      const auto answer = Reserve((i % 2 == 0 ? one : two)->database(), i < 4 ? hold : other);
      if (answer.ok()) {
        EXPECT_TRUE(answer->held);
        ++held;
      } else {
        EXPECT_THAT(answer, StatusIs(absl::StatusCode::kAlreadyExists));
      }
    });
    EXPECT_EQ(held, same ? 8 : 4);
  }
  EXPECT_EQ(Reserved(box) + Reserved(lamp), 50);
  ExpectConsistent();
}

TEST_F(ReservationTest, SettledAtTwoReplicasAtOnce_ChangesOnce) {
  const auto one = NewReplica();
  const auto two = NewReplica();
  const domain::ProductId product = ProductWith(one->database(), 100);
  for (int round = 0; round < 20; ++round) {
    const ports::ReservationRequest hold = HoldOf(product, 1);
    ASSERT_THAT(Reserve(one->database(), hold), IsOk());
    std::atomic<int> changed = 0;
    AtOnce(4, [&](int i) {
      ports::StockStore& stock = (i < 2 ? one : two)->database().stock();
      const auto answer = i % 2 == 0 ? stock.Release(hold.id, "test", {}) : stock.CommitReservation(hold.id, {});
      if (answer.ok() && answer->changed) ++changed;
      if (!answer.ok()) {
        EXPECT_THAT(answer, StatusIs(absl::StatusCode::kFailedPrecondition));
      }
    });
    EXPECT_EQ(changed, 1);
  }
  EXPECT_EQ(Reserved(product), 0);
  ExpectConsistent();
}

TEST_F(ReservationTest, Ledger_NamesReservationCauseAndReason) {
  const auto replica = NewReplica();
  const domain::ProductId product = ProductWith(replica->database(), 10);
  const ports::ReservationRequest hold = HoldOf(product, 3);
  ASSERT_THAT(Reserve(replica->database(), hold), IsOk());
  ASSERT_THAT(replica->database().stock().Release(hold.id, "changed my mind", {}), IsOk());
  std::vector<std::string> rows;
  for (const pqxx::row& row :
       database_.Query("SELECT m.cause || ' ' || m.reserved_delta || ' ' || m.reason FROM stock_movements m JOIN "
                       "commits USING (batch_id) WHERE reservation_id = '" +
                       hold.id.text + "' ORDER BY number")) {
    rows.emplace_back(row[0].c_str());
  }
  EXPECT_THAT(rows, ElementsAre("reserve 3 ", "release -3 changed my mind"));
}

TEST_F(ReservationTest, HoldOlderThanItsTime_IsReleasedAndYoungerStays) {
  const auto replica = NewSweeper();
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 100);
  const ports::ReservationRequest old = HoldOf(product, 2);
  const ports::ReservationRequest young = HoldOf(product, 3);
  for (const ports::ReservationRequest& hold : {old, young}) ASSERT_THAT(Reserve(database, hold), IsOk());
  Age(old.id.uuid, "61 minutes");
  Age(young.id.uuid, "59 minutes");
  database.Start();
  EXPECT_TRUE(Eventually([&] { return StateOf(old.id.uuid) == "released"; }));
  EXPECT_TRUE(Eventually([&] { return replica->Count("reservations_expired_total") == 1; }));
  EXPECT_EQ(StateOf(young.id.uuid), "held");
  EXPECT_EQ(Reserved(product), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM outbox_events WHERE event_type = 'InventoryReleased' AND order_id = '" +
                   old.id.text + "' AND correlation_id <> ''"),
            1);
  EXPECT_EQ(Number("SELECT count(*) FROM stock_movements WHERE cause = 'release' AND "
                   "reason = 'the reservation expired'"),
            1);
  EXPECT_THAT(Reserve(database, old), StatusIs(absl::StatusCode::kFailedPrecondition));
  ExpectConsistent();
}

TEST_F(ReservationTest, PendingOrderWhoseReservationExpired_IsCancelledWithAnEvent) {
  const auto replica = NewSweeper();
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 100);
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Create(database, OrderOf(product, 2)));
  Age(order.id.uuid(), "2 hours");
  database.Start();
  EXPECT_TRUE(Eventually([&] { return StateOf(order.id.uuid()) == "released"; }));
  ASSERT_OK_AND_ASSIGN(const domain::Order now, database.orders().Get(order.id, {}));
  EXPECT_EQ(now.status, OrderStatus::kCancelled);
  EXPECT_EQ(now.version, 2);
  EXPECT_EQ(Number("SELECT count(*) FROM order_status_history WHERE version = 2 AND "
                   "notes = 'the reservation expired'"),
            1);
  std::vector<std::string> types;
  for (const pqxx::row& row :
       database_.Query("SELECT o.event_type FROM outbox_events o JOIN commits c USING (batch_id) WHERE o.order_id = '" +
                       order.id.ToString() + "' ORDER BY c.number, o.ordinal")) {
    types.emplace_back(row[0].c_str());
  }
  EXPECT_THAT(types, ElementsAre("OrderCreated", "InventoryReserved", "OrderStatusChanged", "OrderCancelled",
                                 "InventoryReleased"));
  EXPECT_EQ(Reserved(product), 0);
  ExpectConsistent();
}

TEST_F(ReservationTest, OrderPaidOrMovedOn_NeverLosesItsHold) {
  const auto replica = NewSweeper();
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 100);
  domain::NewOrder paid = OrderOf(product, 1);
  paid.order.payment.emplace().is_paid = true;
  ASSERT_THAT(Create(database, paid), IsOk());
  ASSERT_OK_AND_ASSIGN(const domain::Order moved_on, Create(database, OrderOf(product, 1)));
  ASSERT_THAT(database.orders().ChangeStatus({moved_on.id, OrderStatus::kProcessing, "", "", std::nullopt}, {}),
              IsOk());
  const ports::ReservationRequest foreign = HoldOf(product, 1);
  ASSERT_THAT(Reserve(database, foreign), IsOk());
  Age(paid.order.id.uuid(), "30 days");
  Age(moved_on.id.uuid(), "30 days");
  Age(foreign.id.uuid, "2 hours");
  database.Start();
  // The oldest are looked at first: when the youngest has gone, they were passed over.
  EXPECT_TRUE(Eventually([&] { return StateOf(foreign.id.uuid) == "released"; }));
  EXPECT_EQ(StateOf(paid.order.id.uuid()), "held");
  EXPECT_EQ(StateOf(moved_on.id.uuid()), "held");
  EXPECT_EQ(Reserved(product), 2);
}

// Between the look without a lock and the command an order may be paid or move on: the command decides again.
TEST_F(ReservationTest, ExpiryAndTheOrdersOwnChangesAtOnce_OneOfThemHolds) {
  const auto sweeper = NewSweeper();
  const auto replica = NewReplica();
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 1'000);
  std::vector<domain::Order> orders;
  for (int i = 0; i < 40; ++i) orders.push_back(*Create(database, OrderOf(product, 1)));
  database_.Query("UPDATE reservations SET created_at = now() - interval '2 hours'");
  sweeper->database().Start();
  std::atomic<int> moved_on = 0;
  AtOnce(8, [&](int worker) {
    for (std::size_t i = static_cast<std::size_t>(worker); i < orders.size(); i += 8) {
      const auto changed =
          database.orders().ChangeStatus({orders[i].id, OrderStatus::kProcessing, "", "", std::nullopt}, {});
      if (changed.ok()) ++moved_on;
    }
  });
  EXPECT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM orders WHERE status = 'pending'") == 0; }));
  EXPECT_EQ(Number("SELECT count(*) FROM orders WHERE status = 'processing'"), moved_on);
  EXPECT_EQ(Reserved(product), moved_on);
  ExpectConsistent();
}

TEST_F(ReservationTest, MoreThanAPage_AtTwoReplicas_ExpiresEachOnce) {
  const auto one = NewSweeper();
  const auto two = NewSweeper();
  const domain::ProductId product = ProductWith(one->database(), 10'000);
  constexpr int kHolds = 600;
  AtOnce(16, [&](int worker) {
    for (int i = worker; i < kHolds; i += 16) EXPECT_THAT(Reserve(one->database(), HoldOf(product, 1)), IsOk());
  });
  database_.Query("UPDATE reservations SET created_at = now() - interval '2 hours'");
  one->database().Start();
  two->database().Start();
  EXPECT_TRUE(Eventually([&] { return Number("SELECT count(*) FROM reservations WHERE state = 'held'") == 0; }));
  EXPECT_TRUE(Eventually(
      [&] { return one->Count("reservations_expired_total") + two->Count("reservations_expired_total") == kHolds; }));
  EXPECT_EQ(Number("SELECT count(*) FROM outbox_events WHERE event_type = 'InventoryReleased'"), kHolds);
  EXPECT_EQ(Reserved(product), 0);
  ExpectConsistent();
}

// Rows that cannot be ended are stepped over: the younger ones behind them go.
TEST_F(ReservationTest, HoldsThatCannotBeEnded_DoNotKeepTheOthers) {
  const auto sweeper = NewSweeper();
  Database& database = sweeper->database();
  const domain::ProductId broken = ProductWith(database, 1'000);
  const domain::ProductId sound = ProductWith(database, 1'000);
  constexpr int kBroken = 40;
  AtOnce(8, [&](int worker) {
    for (int i = worker; i < kBroken; i += 8) EXPECT_THAT(Reserve(database, HoldOf(broken, 1)), IsOk());
  });
  database_.Query("UPDATE reservations SET created_at = now() - interval '3 hours'");
  const ports::ReservationRequest behind = HoldOf(sound, 1);
  ASSERT_THAT(Reserve(database, behind), IsOk());
  Age(behind.id.uuid, "2 hours");
  // Damaged by hand: less is reserved than the holds say.
  database_.Query("UPDATE stock_levels SET reserved = 0 WHERE product_id = '" + broken.ToString() + "'");
  database.Start();
  EXPECT_TRUE(Eventually([&] { return StateOf(behind.id.uuid) == "released"; }));
  EXPECT_EQ(Number("SELECT count(*) FROM reservations WHERE state = 'held'"), kBroken);
}

// The order ends all the same; the pieces are listed for an operator.
TEST_F(ReservationTest, RestockAboveTheLimitOfItsLevel_EndsTheOrderAndIsListed) {
  DatabaseOptions options = Options();
  options.stock_policy = {domain::CommitOn::kCreated, /*restock_returns=*/true};
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 10);
  const domain::NewOrder order = OrderOf(product, 4);
  ASSERT_THAT(Create(database, order), IsOk());
  const std::int64_t room = domain::kStockQuantityMax - 6;
  ASSERT_THAT(database.stock().Adjust({{product, warehouse_}, room, "delivery", ""}, {}), IsOk());
  const domain::StatusChange cancel{order.order.id, OrderStatus::kCancelled, "", "anna", std::nullopt};
  for (int i = 0; i < 2; ++i) ASSERT_THAT(database.orders().ChangeStatus(cancel, {}), IsOk());
  EXPECT_EQ(Number("SELECT quantity FROM stock_levels"), domain::kStockQuantityMax);
  EXPECT_EQ(StateOf(order.order.id.uuid()), "restocked");
  EXPECT_EQ(Number("SELECT quantity FROM restocks_refused WHERE reservation_id = '" + order.order.id.ToString() +
                   "' AND product_id = '" + product.ToString() + "' AND warehouse_id = '" + warehouse_.ToString() +
                   "' AND reason LIKE '%limit%'"),
            4);
  EXPECT_EQ(replica->Count("restocks_refused_total"), 1);
}

}  // namespace
}  // namespace logistics::storage
