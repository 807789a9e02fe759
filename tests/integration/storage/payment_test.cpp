// Payments where it takes a database; what the port promises is in the contract suite.
#include <algorithm>
#include <atomic>
#include <map>
#include <random>

#include "fakes/seed.hpp"
#include "integration/storage/payment_fixture.hpp"
#include "storage/coordination/leased_task.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::PaymentResult;

class PaymentTest : public PaymentFixture {
 protected:
  PaymentTest() : replica_(NewReplica()), other_(NewReplica()) {}
  Database& database() { return replica_->database(); }
  // One of the two replicas.
  Database& Any(int i) { return i % 2 == 0 ? replica_->database() : other_->database(); }

  domain::Order Placed(const domain::ProductId& product) {
    absl::StatusOr<domain::Order> order = Create(database(), OrderOf(product, 1));
    EXPECT_THAT(order, IsOk());
    return order.ok() ? *std::move(order) : domain::Order{};
  }

  std::unique_ptr<Replica> replica_;
  std::unique_ptr<Replica> other_;
};

TEST_F(PaymentTest, EveryColumn_IsThatOfTheMessage) {
  const domain::ProductId product = ProductWith(database(), 10);
  const domain::Order order = Placed(product);
  const domain::Order cancelled = Placed(product);
  const ports::InboxEntry entry = NewEntry();
  const domain::PaymentNotice notice = ProcessedOf(order);
  ASSERT_THAT(Apply(database(), notice, entry), IsOk());
  ASSERT_THAT(Apply(database(), FailedOf(cancelled), NewEntry()), IsOk());
  ASSERT_THAT(Create(database(), Paid(OrderOf(product, 1))), IsOk());
  EXPECT_EQ(Text("SELECT concat_ws('|', outcome, payment_id, amount_minor, currency, payment_method, transaction_id, "
                 "error_code, error_message, message_id) FROM payments WHERE order_id = '" +
                 order.id.ToString() + "'"),
            "processed|" + notice.payment_id->ToString() + "|100|USD|card|tx-1|||" + entry.message_id);
  EXPECT_EQ(Text("SELECT concat_ws('|', outcome, payment_id IS NULL, error_code, error_message) FROM payments "
                 "WHERE order_id = '" +
                 cancelled.id.ToString() + "'"),
            "failed|t|51|no funds");
  EXPECT_EQ(Text("SELECT concat_ws('|', outcome, payment_id IS NULL, amount_minor, transaction_id, message_id IS NULL) "
                 "FROM payments WHERE transaction_id = 'tx-0'"),
            "processed|t|100|tx-0|t");
  EXPECT_EQ(Text("SELECT DISTINCT correlation_id FROM outbox_events WHERE event_type = 'OrderStatusChanged'"),
            "correlation");
  ExpectConsistent();
}

TEST_F(PaymentTest, SameMessage64TimesAtOnceOnTwoReplicas_HasOneEffect) {
  const domain::ProductId product = ProductWith(database(), 100);
  for (const bool failed : {false, true}) {
    const domain::Order order = Placed(product);
    const domain::PaymentNotice notice = failed ? FailedOf(order) : ProcessedOf(order);
    const ports::InboxEntry entry = NewEntry();
    std::atomic<int> done = 0;
    AtOnce(64, [&](int i) {
      const auto result = Apply(Any(i), notice, entry);
      ASSERT_THAT(result, IsOk());
      if (*result == PaymentResult::kDone) ++done;
    });
    EXPECT_EQ(done, 1);
    EXPECT_EQ(StatusesOf(order.id), failed ? "pending, cancelled" : "pending, processing");
  }
  EXPECT_EQ(Payments(), 2);
  EXPECT_EQ(DoneMessages(), 2);
  EXPECT_EQ(Reserved(product), 1);
  ExpectConsistent();
}

TEST_F(PaymentTest, SamePaymentOfManyOrdersAtOnce_IsOfOneOfThem) {
  const domain::ProductId product = ProductWith(database(), 100);
  std::vector<domain::Order> orders;
  for (int i = 0; i < 16; ++i) orders.push_back(Placed(product));
  domain::PaymentNotice notice = ProcessedOf(orders.front());
  std::atomic<int> done = 0;
  AtOnce(16, [&](int i) {
    domain::PaymentNotice of_mine = notice;
    of_mine.order_id = orders[static_cast<std::size_t>(i)].id;
    const auto result = Apply(Any(i), of_mine, {"payments", "message " + std::to_string(i), std::nullopt});
    if (result.ok()) {
      ++done;
    } else {
      EXPECT_THAT(result, StatusIs(absl::StatusCode::kFailedPrecondition, testing::HasSubstr("is recorded for order")));
    }
  });
  EXPECT_EQ(done, 1);
  EXPECT_EQ(Number("SELECT count(*) FROM orders WHERE status = 'processing'"), 1);
  EXPECT_EQ(Payments(), 1);
  ExpectConsistent();
}

TEST_F(PaymentTest, PaymentAndCancelAtOnceOnTwoReplicas_HistoryAndStockAreRight) {
  const domain::ProductId product = ProductWith(database(), 100);
  std::vector<domain::Order> orders;
  for (int i = 0; i < 24; ++i) orders.push_back(Placed(product));
  std::vector<int> recorded(orders.size());
  AtOnce(48, [&](int i) {
    const auto place = static_cast<std::size_t>(i / 2);
    if (i % 2 == 0) {
      recorded[place] = Apply(database(), ProcessedOf(orders[place]), NewEntry()).ok() ? 1 : 0;
    } else {
      EXPECT_THAT(other_->database().orders().ChangeStatus(
                      {orders[place].id, OrderStatus::kCancelled, "changed my mind", "anna", std::nullopt}, {}),
                  IsOk());
    }
  });
  for (std::size_t i = 0; i < orders.size(); ++i) {
    EXPECT_EQ(StatusesOf(orders[i].id), recorded[i] == 1 ? "pending, processing, cancelled" : "pending, cancelled");
    EXPECT_EQ(Number("SELECT count(*) FROM payments WHERE order_id = '" + orders[i].id.ToString() + "'"), recorded[i]);
  }
  EXPECT_EQ(Reserved(product), 0);
  ExpectConsistent();
}

TEST_F(PaymentTest, ManyPaymentsAtOnce_EachGoesWithItsOrder) {
  const domain::ProductId product = ProductWith(database(), 100);
  std::vector<domain::Order> orders;
  for (int i = 0; i < 48; ++i) orders.push_back(Placed(product));
  AtOnce(48, [&](int i) {
    const domain::Order& order = orders[static_cast<std::size_t>(i)];
    // Every sixth is refused beside the others of its batch.
    domain::PaymentNotice notice = i % 3 == 0 ? FailedOf(order) : ProcessedOf(order);
    if (i % 6 == 1) notice.amount = "2.00";
    EXPECT_THAT(Apply(Any(i), notice, NewEntry()),
                i % 6 == 1 ? testing::Matcher<const absl::StatusOr<PaymentResult>&>(
                                 StatusIs(absl::StatusCode::kFailedPrecondition))
                           : testing::Matcher<const absl::StatusOr<PaymentResult>&>(IsOk()));
  });
  EXPECT_EQ(Number("SELECT count(*) FROM orders WHERE status = 'cancelled'"), 16);
  EXPECT_EQ(Number("SELECT count(*) FROM orders WHERE status = 'processing'"), 24);
  EXPECT_EQ(Number("SELECT count(*) FROM orders WHERE status = 'pending'"), 8);
  EXPECT_EQ(Payments(), 40);
  EXPECT_EQ(DoneMessages(), 40);
  EXPECT_EQ(Number("SELECT count(*) FROM payments p JOIN orders o ON o.id = p.order_id "
                   "WHERE (p.outcome = 'failed') <> (o.status = 'cancelled')"),
            0);
  ExpectConsistent();
}

// What came before its order waits; whoever tries whatever first, the first that came takes effect.
TEST_F(PaymentTest, WaitingMessagesOfAnOrder_TakeEffectInTheirOrder) {
  constexpr int kOrders = 12;
  const domain::ProductId product = ProductWith(database(), 100);
  std::vector<domain::NewOrder> orders;
  std::map<std::string, domain::PaymentNotice> notices;
  std::vector<ports::InboxEntry> entries;
  for (int i = 0; i < kOrders; ++i) {
    orders.push_back(OrderOf(product, 1));
    const domain::Order& order = orders.back().order;
    // The first decides: the second then contradicts it.
    for (const bool failed : {i % 2 == 0, i % 2 != 0}) {
      entries.push_back(Parked(Any(i), order.id));
      notices[entries.back().message_id] = failed ? FailedOf(order) : ProcessedOf(order);
    }
  }
  for (const ports::InboxEntry& entry : entries) {
    const auto code = Apply(database(), notices.at(entry.message_id), entry).status().code();
    EXPECT_TRUE(code == absl::StatusCode::kNotFound || code == absl::StatusCode::kAborted);
  }
  for (const domain::NewOrder& order : orders) ASSERT_THAT(Create(database(), order), IsOk());

  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  AtOnce(6, [&](int worker) {
    std::mt19937_64 random(seed + static_cast<std::uint64_t>(worker));
    std::vector<ports::InboxEntry> mine = entries;
    while (WaitingMessages() > 0) {
      std::shuffle(mine.begin(), mine.end(), random);
      for (const ports::InboxEntry& entry : mine) {
        const auto result = Apply(Any(worker), notices.at(entry.message_id), entry);
        // The dead letters have it.
        if (result.status().code() == absl::StatusCode::kFailedPrecondition) {
          EXPECT_THAT(Any(worker).inbox().Remove(*entry.waiting_id, {}), IsOk());
        }
      }
    }
  });
  for (int i = 0; i < kOrders; ++i) {
    EXPECT_EQ(StatusesOf(orders[static_cast<std::size_t>(i)].order.id),
              i % 2 == 0 ? "pending, cancelled" : "pending, processing");
  }
  EXPECT_EQ(Payments(), kOrders);
  EXPECT_EQ(DoneMessages(), kOrders);
  ExpectConsistent();
}

TEST_F(PaymentTest, LockedOrder_IsAbortedAndLeftAsItIs) {
  DatabaseOptions options = Options();
  options.lock_timeout = absl::Milliseconds(20);
  const auto hasty = NewReplica(options);
  const domain::Order order = Placed(ProductWith(database(), 10));
  const domain::PaymentNotice notice = ProcessedOf(order);
  const ports::InboxEntry entry = NewEntry();
  Session holder(Options(), SessionUse::kQueries);
  holder.Begin();
  holder.Script("SELECT id FROM orders WHERE id = '" + order.id.ToString() + "' FOR UPDATE");
  EXPECT_THAT(Apply(hasty->database(), notice, entry), StatusIs(absl::StatusCode::kAborted));
  holder.Rollback();
  EXPECT_THAT(Apply(hasty->database(), notice, entry), IsOkAndHolds(PaymentResult::kDone));
}

TEST_F(PaymentTest, StockKeptByAPeer_FailedPaymentLeavesItsRelease) {
  const auto replica = NewReplica(PeerOptions());
  const domain::NewOrder order = Made(replica->database());
  EXPECT_THAT(Apply(replica->database(), FailedOf(order.order), NewEntry()), IsOkAndHolds(PaymentResult::kDone));
  EXPECT_EQ(StateOf(order), "released");
  EXPECT_EQ(StepsOf(order), "release");
  EXPECT_EQ(EventsOf(order), "OrderCreated, InventoryReserved, OrderStatusChanged, OrderCancelled, InventoryReleased");
  ExpectPeerConsistent();
}

TEST_F(PaymentTest, StockKeptByAPeer_PaidOrderGoesOnAsItIsMade) {
  const auto replica = NewReplica(PeerOptions());
  const domain::NewOrder order = Paid(Opened(replica->database()));
  ASSERT_OK_AND_ASSIGN(const domain::Order made, replica->database().intents().Complete(order, {}));
  EXPECT_EQ(made.status, OrderStatus::kProcessing);
  EXPECT_EQ(made.version, 2);
  EXPECT_THAT(replica->database().orders().Get(made.id, {}), IsOkAndHolds(made));
  EXPECT_EQ(StatusesOf(made.id), "pending, processing");
  EXPECT_EQ(EventsOf(order), "OrderCreated, InventoryReserved, OrderStatusChanged");
  EXPECT_EQ(Payments(), 1);
  ExpectPeerConsistent();
}

TEST_F(PaymentTest, DoneMessagesOlderThanTheTtl_AreForgotten) {
  database_.Query(
      "INSERT INTO inbox_done SELECT 'payments', 'message ' || n, "
      "now() - CASE WHEN n <= 6000 THEN interval '8 days' ELSE interval '6 days' END FROM generate_series(1, 6100) n");
  DatabaseOptions options = Options();
  options.sweep_interval = absl::Milliseconds(50);
  const auto replica = NewReplica(options);
  replica->database().Start();
  EXPECT_TRUE(Eventually([&] { return DoneMessages() == 100; }));
  Session session(options, SessionUse::kQueries);
  SweepDoneMessages(session, absl::Hours(24) * 7);
  EXPECT_EQ(DoneMessages(), 100);
}

TEST_F(PaymentTest, SchemaItself_TakesAPaymentOnce) {
  const domain::Order order = Placed(ProductWith(database(), 10));
  ASSERT_THAT(Apply(database(), ProcessedOf(order), NewEntry()), IsOk());
  EXPECT_THROW(
      database_.Query("INSERT INTO payments (order_id, outcome, payment_id, amount_minor, currency, "
                      "payment_method, transaction_id, error_code, error_message, recorded_at) SELECT order_id, "
                      "outcome, payment_id, 1, currency, '', '', '', '', now() FROM payments"),
      pqxx::unique_violation);
  EXPECT_THROW(database_.Query("UPDATE payments SET outcome = 'perhaps'"), pqxx::check_violation);
  EXPECT_THROW(database_.Query("INSERT INTO inbox_done SELECT * FROM inbox_done"), pqxx::unique_violation);
}

}  // namespace
}  // namespace logistics::storage
