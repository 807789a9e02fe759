// Slow lists cost lists, and neither other reads nor what must go on.
#include <thread>

#include "integration/storage/storage_fixture.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

class SessionClassesTest : public StorageFixture {
 protected:
  // Lists of orders wait for as long as this lives.
  std::unique_ptr<Session> LockOrders() const {
    auto session = std::make_unique<Session>(Options(), SessionUse::kQueries);
    session->Script("SET idle_in_transaction_session_timeout = 0");
    session->Begin();
    session->Script("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    return session;
  }
  static ports::CallContext Within(absl::Duration time) { return {"correlation", "", absl::Now() + time}; }
};

TEST_F(SessionClassesTest, SlowLists_DoNotHoldUpOtherReadsNorWhatMustGoOn) {
  const auto replica = NewReplica();
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 10);
  const auto lock = LockOrders();
  std::vector<std::jthread> lists;
  for (int i = 0; i < 8; ++i) {
    lists.emplace_back([&] { EXPECT_FALSE(database.orders().List({}, Within(absl::Seconds(3))).ok()); });
  }
  pqxx::connection observer(database_.url());
  ASSERT_TRUE(Eventually([&] {
    return pqxx::nontransaction(observer)
               .exec(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                   "wait_event_type = 'Lock'")[0][0]
               .as<int>() >= 2;
  }));
  const absl::Time start = absl::Now();
  EXPECT_THAT(database.stock().GetProduct(product, Within(absl::Seconds(2))), IsOk());
  EXPECT_THAT(database.stock().Levels({product}, {}, Within(absl::Seconds(2))), IsOk());
  EXPECT_THAT(database.stock_log().Snapshot({{product}, {}}, std::nullopt, 10, Within(absl::Seconds(2))), IsOk());
  EXPECT_THAT(database.stock_log().ReadAfter(0, 10, Within(absl::Seconds(2))), IsOk());
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
}

TEST_F(SessionClassesTest, ManyWaitingLists_AreRefusedBeforeTheyFillTheCalls) {
  const auto replica = NewReplica();
  Database& database = replica->database();
  ProductWith(database, 10);
  const auto lock = LockOrders();
  std::atomic<int> refused = 0;
  AtOnce(64, [&](int /*i*/) {
    const absl::Time start = absl::Now();
    const absl::Status status = database.orders().List({}, Within(absl::Seconds(3))).status();
    EXPECT_FALSE(status.ok());
    if (!absl::IsResourceExhausted(status)) return;
    ++refused;
    EXPECT_TRUE(domain::RetryAfterOf(status).has_value());
    EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  });
  EXPECT_GE(refused, 64 - 2 - 16);
}

TEST_F(SessionClassesTest, ListWhoseTimeIsUp_SaysWhichFilterToAddAndAsksForNoRepetition) {
  DatabaseOptions options = Options();
  options.statement_timeout = absl::Milliseconds(200);
  const auto replica = NewReplica(options);
  Database& database = replica->database();
  const auto lock = LockOrders();
  for (const absl::Duration time : {absl::Seconds(30), absl::Milliseconds(100)}) {
    const absl::Status status = database.orders().List({}, Within(time)).status();
    EXPECT_THAT(status, fakes::StatusIs(absl::StatusCode::kDeadlineExceeded));
    EXPECT_THAT(std::string(status.message()),
                testing::HasSubstr("add customer_id or status_filter or start_date or end_date"));
    EXPECT_FALSE(domain::RetryAfterOf(status).has_value());
  }
}

TEST_F(SessionClassesTest, CancelledList_EndsItsQuery) {
  const auto replica = NewReplica();
  Database& database = replica->database();
  const auto lock = LockOrders();
  std::atomic<bool> gone = false;
  ports::CallContext context = Within(absl::Seconds(30));
  context.cancelled = [&] { return gone.load(); };
  absl::Status status;
  std::jthread list([&] { status = database.orders().List({}, context).status(); });
  pqxx::connection observer(database_.url());
  const auto waiting = [&] {
    return pqxx::nontransaction(observer)
        .exec(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")[0]
                                                                                                                    [0]
        .as<int>();
  };
  ASSERT_TRUE(Eventually([&] { return waiting() == 1; }));
  const absl::Time start = absl::Now();
  gone = true;
  list.join();
  EXPECT_THAT(status, fakes::StatusIs(absl::StatusCode::kCancelled));
  EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return waiting() == 0; }));
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));  // the lock is waited for longer
}

}  // namespace
}  // namespace logistics::storage
