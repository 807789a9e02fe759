// What only a database can do to a reader of the log: commit late, commit meanwhile, and plan badly.
#include <atomic>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "integration/storage/freezing_encoder.hpp"
#include "integration/storage/storage_fixture.hpp"
#include "storage/stores/order_changes.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using ports::LogPlace;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class OrderLogTest : public StorageFixture {
 protected:
  OrderLogTest() : replica_(NewReplica()) {}

  ports::OrderLog& log() { return replica_->database().order_log(); }

  ports::OrderChanges Read(const ports::OrderScope& scope, const LogPlace& place, int limit = 256) {
    absl::StatusOr<ports::OrderChanges> page = log().ReadAfter(scope, place, limit, {});
    EXPECT_THAT(page, IsOk());
    return page.ok() ? *std::move(page) : ports::OrderChanges{place};
  }

  static std::vector<domain::OrderId> OrdersOf(const ports::OrderChanges& page) {
    std::vector<domain::OrderId> ids;
    for (const auto& change : page.changes) ids.push_back(change->place.order_id);
    return ids;
  }

  // Orders 1 to `count` of a customer, as rows: all created by one commit, at one moment.
  void FillOrders(const domain::CustomerId& customer, int count) {
    const std::string batch = ids_.NewId().ToString();
    database_.Query(absl::StrCat(
        "WITH made AS (INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, "
        "notes, tracking_number, has_shipping, has_payment, created_at, updated_at) SELECT gen_random_uuid(), '",
        customer.ToString(), "', gen_random_uuid(), 'pending', 1, 'USD', 1, '', '', false, false, now(), now() ",
        "FROM generate_series(1, ", count, ") RETURNING id) ", "INSERT INTO order_status_history SELECT id, 1, '",
        batch, "', NULL, 'pending', '', '', now() FROM made"));
    FillCommits({batch});
  }
  // Commits in which no order changed, and which are numbered next.
  void FillEmptyCommits(int count) {
    std::vector<std::string> batches;
    for (int i = 0; i < count; ++i) batches.push_back(ids_.NewId().ToString());
    FillCommits(batches);
  }

  std::unique_ptr<Replica> replica_;

 private:
  void FillCommits(const std::vector<std::string>& batches) {
    std::string values;
    for (const std::string& batch : batches) absl::StrAppend(&values, values.empty() ? "('" : ", ('", batch, "')");
    database_.Query(
        "WITH batch AS (SELECT id::uuid, row_number() OVER () AS place FROM (VALUES " + values +
        ") v(id)), counter AS (UPDATE change_counter SET value = value + (SELECT count(*) FROM batch) RETURNING value) "
        "INSERT INTO commits SELECT id, value - (SELECT count(*) FROM batch) + place, now() FROM batch, counter");
  }
};

TEST_F(OrderLogTest, Head_IsWhatTheDatabaseSaysOfItself) {
  const auto head = log().Head({});
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(head->database_id.ToString(),
            database_.Query("SELECT value FROM engine_facts WHERE name = 'database_id'")[0][0].as<std::string>());
  EXPECT_EQ(head->timeline, Number("SELECT timeline_id FROM pg_control_checkpoint()"));
}

TEST_F(OrderLogTest, CommittedChanges_AreRead) {
  Database& database = replica_->database();
  const domain::ProductId product = ProductWith(database, 10);
  const auto made = Create(database, OrderOf(product, 1, "", "ring twice"));
  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(database.orders().ChangeStatus({made->id, OrderStatus::kProcessing, "paid", "anna", std::nullopt}, {}),
              IsOk());
  const ports::OrderChanges page = Read({}, {});
  ASSERT_THAT(page.changes, SizeIs(2));
  EXPECT_EQ(page.changes[0]->notes, "ring twice");
  EXPECT_EQ(page.changes[0]->changed_at, made->created_at);
  EXPECT_EQ(page.changes[1]->previous, OrderStatus::kPending);
  EXPECT_EQ(page.changes[1]->status, OrderStatus::kProcessing);
  EXPECT_EQ(page.changes[1]->notes, "paid");
  EXPECT_GE(page.changes[1]->committed_at, page.changes[0]->committed_at);
  EXPECT_EQ(page.place, LogPlace::AfterCommit(Number("SELECT value FROM change_counter")));
}

// It has written its rows, and has its transaction id, before others begin; they commit and are read first.
TEST_F(OrderLogTest, ATransactionThatCommitsLate_IsReadAfterThoseBeforeIt) {
  Database& database = replica_->database();
  const domain::ProductId slow = ProductWith(database, 10);
  const domain::ProductId quick = ProductWith(database, 10);
  FreezingEncoder freezing(encoder_);
  Replica late(*this, Options(), freezing);
  const domain::NewOrder of_late = OrderOf(slow, 1);
  const ports::OrderScope of_customer{std::nullopt, customer_};

  LogPlace place;
  LogPlace place_of_customer;
  std::int64_t snapshot = 0;
  {
    std::jthread caller([&] { EXPECT_THAT(Create(late.database(), of_late), IsOk()); });
    freezing.AwaitFrozen();
    const auto made = Create(database, OrderOf(quick, 1));
    EXPECT_THAT(made, IsOk());
    const ports::OrderChanges all = Read({}, {});
    const ports::OrderChanges of_one = Read(of_customer, {});
    EXPECT_THAT(OrdersOf(all), ElementsAre(made->id));
    EXPECT_THAT(OrdersOf(of_one), ElementsAre(made->id));
    const auto states = log().States({}, std::nullopt, 10, {});
    EXPECT_THAT(states->orders, SizeIs(1));
    place = all.place;
    place_of_customer = of_one.place;
    snapshot = states->number;
    freezing.Thaw();
  }
  for (const LogPlace& seen : {place, LogPlace::AfterCommit(snapshot)}) {
    EXPECT_THAT(OrdersOf(Read({}, seen)), ElementsAre(of_late.order.id));
  }
  EXPECT_THAT(OrdersOf(Read(of_customer, place_of_customer)), ElementsAre(of_late.order.id));
}

// Each reader sees orders as they stand while others write, and follows from there: no version is missing, for any.
TEST_F(OrderLogTest, StatesAmongWriters_AndTheChangesAfterThem_AreEverything) {
  constexpr int kWriters = 4;
  constexpr int kOrdersEach = 12;
  const auto other = NewReplica();
  const domain::ProductId product = ProductWith(replica_->database(), 1'000);
  struct Snapshot {
    std::int64_t number = 0;  // of its first page
    std::map<domain::OrderId, std::int64_t> versions;
  };
  std::vector<Snapshot> snapshots;
  std::atomic<int> busy = kWriters;
  AtOnce(kWriters + 1, [&](int i) {
    if (i == kWriters) {
      while (busy > 0) {
        Snapshot& snapshot = snapshots.emplace_back();
        std::optional<ports::OrderStates::After> after;
        do {
          const auto page = log().States({}, after, 7, {});
          ASSERT_THAT(page, IsOk());
          if (!after) snapshot.number = page->number;
          for (const auto& order : page->orders) snapshot.versions[order->place.order_id] = order->place.version;
          after = page->next;
        } while (after);
      }
      return;
    }
    Database& database = i % 2 == 0 ? replica_->database() : other->database();
    for (int n = 0; n < kOrdersEach; ++n) {
      const auto made = Create(database, OrderOf(product, 1));
      EXPECT_THAT(made, IsOk());
      if (!made.ok()) break;
      for (const OrderStatus status : {OrderStatus::kProcessing, OrderStatus::kShipped}) {
        EXPECT_THAT(database.orders().ChangeStatus({made->id, status, "", "", std::nullopt}, {}), IsOk());
      }
    }
    --busy;
  });

  ASSERT_THAT(snapshots, testing::Not(IsEmpty()));
  for (Snapshot& snapshot : snapshots) {
    ports::OrderChanges page{LogPlace::AfterCommit(snapshot.number), {}, true};
    while (page.more) {
      page = Read({}, page.place, 16);
      for (const auto& change : page.changes) {
        std::int64_t& version = snapshot.versions[change->place.order_id];
        // A change that a later page of the snapshot showed already comes once more.
        EXPECT_LE(change->place.version, version + 1) << "a version is missing";
        version = std::max(version, change->place.version);
      }
    }
    EXPECT_THAT(snapshot.versions, SizeIs(kWriters * kOrdersEach));
    for (const auto& [id, version] : snapshot.versions) EXPECT_EQ(version, 3) << id.ToString();
  }
}

// A customer of so many orders that their history is not looked through for each page.
TEST_F(OrderLogTest, AGreatCustomer_IsSearchedSomeCommitsACall) {
  constexpr int kOrders = 1'100;
  constexpr int kQuiet = 1'200;
  const domain::ProductId product = ProductWith(replica_->database(), 10);
  FillOrders(customer_, kOrders);
  const std::int64_t filled = Number("SELECT value FROM change_counter");
  FillEmptyCommits(kQuiet);
  const auto made = Create(replica_->database(), OrderOf(product, 1));
  ASSERT_THAT(made, IsOk());
  const std::int64_t last = Number("SELECT value FROM change_counter");

  const ports::OrderScope scope{std::nullopt, customer_};
  const ports::OrderChanges first = Read(scope, {});
  EXPECT_THAT(first.changes, SizeIs(kOrders)) << "one commit is one page";
  EXPECT_EQ(first.place, LogPlace::AfterCommit(filled));
  EXPECT_TRUE(first.more);

  ports::OrderChanges page = first;
  int empty = 0;
  while (page.more) {
    const LogPlace before = page.place;
    page = Read(scope, before);
    ASSERT_GT(page.place, before);
    if (page.more) {
      EXPECT_THAT(page.changes, IsEmpty());
      ++empty;
    }
  }
  EXPECT_GT(empty, 0);
  EXPECT_THAT(OrdersOf(page), ElementsAre(made->id));
  EXPECT_EQ(page.place, LogPlace::AfterCommit(last));
  // From within the great commit.
  const std::size_t half = kOrders / 2;
  EXPECT_THAT(Read(scope, first.changes[half - 1]->place).changes, SizeIs(kOrders - half));
}

// A bulk load is not analyzed for a minute, and that is when readers come back. A page is a page then, too.
TEST_F(OrderLogTest, WithoutStatistics_NoHistoryIsReadWhole) {
  for (const char* const table : {"orders", "order_status_history", "commits"}) {
    database_.Query(absl::StrCat("ALTER TABLE ", table, " SET (autovacuum_enabled = off)"));
  }
  const domain::CustomerId few(ids_.NewId());
  FillOrders(few, 20);
  for (int i = 0; i < 5; ++i) {
    FillOrders(customer_, 2'000);
    FillEmptyCommits(1'000);
  }
  FillOrders(few, 20);
  const domain::OrderId order(
      *domain::Uuid::Parse(database_.Query("SELECT id FROM orders LIMIT 1")[0][0].as<std::string>()));

  const LogPlace middle = LogPlace::AfterCommit(2'000);
  const std::vector<std::function<ports::OrderChanges(Session&)>> reads = {
      [&](Session& session) { return ChangesOfAll(session, middle, 256); },
      [&](Session& session) { return ChangesOfOrder(session, order, {}, 256); },
      [&](Session& session) { return ChangesOfCustomer(session, few, middle, 256); },
      [&](Session& session) { return ChangesOfCustomer(session, customer_, middle, 256); }};
  Session session(Options(), SessionUse::kQueries);
  for (std::size_t i = 0; i < reads.size(); ++i) {
    // A prepared statement is planned for its values at first, and perhaps for any values later.
    for (int time = 0; time < 8; ++time) {
      session.Script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      reads[i](session);
      EXPECT_EQ(session
                    .Script("SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_xact_user_tables "
                            "WHERE relname IN ('order_status_history', 'commits')")[0][0]
                    .as<std::int64_t>(),
                0)
          << "read " << i << ", time " << time;
      session.Script("COMMIT");
    }
  }
}

}  // namespace
}  // namespace logistics::storage
