// A row that somebody keeps locked costs the commands that need this row, and nobody else, on any replica.
#include <algorithm>
#include <atomic>
#include <thread>

#include "fakes/priced.hpp"
#include "integration/storage/storage_fixture.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

// Callers of one replica that order one product, one order after the other, and note how long each took.
class Callers {
 public:
  using MakeOrder = std::function<domain::NewOrder()>;
  Callers(Database& database, std::size_t count, absl::Duration patience, MakeOrder order) : callers_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.emplace_back([this, &database, patience, order](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const absl::Time start = absl::Now();
          const auto answer = database.orders().Create(order(), {"correlation", "", start + patience});
          const std::lock_guard lock(mutex_);
          waits_.push_back(absl::Now() - start);
          statuses_.push_back(answer.status());
        }
      });
    }
  }
  // Ends them; then the results are there.
  void Stop() { threads_.clear(); }
  // The longest wait but for two of each caller: a batch may wait once for a row before the row is known as locked.
  // Where each batch waits, so do all callers, all the time.
  absl::Duration LongWait() {
    const std::size_t left_out = 2 * callers_;
    std::sort(waits_.begin(), waits_.end());
    return waits_.size() > left_out ? waits_[waits_.size() - 1 - left_out] : absl::InfiniteDuration();
  }
  absl::Duration LongestWait() const { return *std::max_element(waits_.begin(), waits_.end()); }
  const std::vector<absl::Status>& statuses() const { return statuses_; }
  std::size_t answered() {
    const std::lock_guard lock(mutex_);
    return statuses_.size();
  }

 private:
  std::mutex mutex_;
  const std::size_t callers_;
  std::vector<absl::Duration> waits_;
  std::vector<absl::Status> statuses_;
  std::vector<std::jthread> threads_;
};

class LockedRowTest : public StorageFixture {
 protected:
  LockedRowTest() : a_(NewReplica()), b_(NewReplica()) {}

  // Somebody's forgotten transaction.
  std::unique_ptr<Session> Lock(const std::string& table, const std::string& where) {
    DatabaseOptions options = Options();
    options.idle_in_transaction_timeout = absl::ZeroDuration();  // psql has none
    auto session = std::make_unique<Session>(options, SessionUse::kQueries);
    session->Begin();
    session->Script("UPDATE " + table + " SET updated_at = now() WHERE " + where);
    return session;
  }
  std::unique_ptr<Session> LockLevel(const domain::ProductId& product) {
    return Lock("stock_levels", "product_id = '" + product.ToString() + "'");
  }

  domain::NewOrder OrderOfBoth(const domain::ProductId& one, const domain::ProductId& other) {
    domain::OrderDraft draft;
    draft.customer_id = customer_.ToString();
    draft.lines.push_back({one.ToString(), "", "", 1, 1.0, 0});
    draft.lines.push_back({other.ToString(), "", "", 1, 1.0, 0});
    domain::NewOrder order = fakes::Priced(draft, warehouse_, ids_);
    order.order.created_at = order.order.updated_at = clock_.Now();
    return order;
  }

  std::unique_ptr<Replica> a_;
  std::unique_ptr<Replica> b_;
};

TEST_F(LockedRowTest, ForgottenUpdateOfALevel_CostsOrdersOfThatProductAlone) {
  const domain::ProductId locked = ProductWith(a_->database(), 100'000);
  // Its id is above and below that of the locked one for some: locks are taken in the order of ids.
  const domain::ProductId first = std::min(ProductWith(a_->database(), 100'000), locked);
  const domain::ProductId other = first == locked ? ProductWith(a_->database(), 100'000) : first;
  const auto forgotten = LockLevel(locked);

  constexpr absl::Duration kPatience = absl::Seconds(2);
  constexpr std::size_t kCallers = 4;
  std::vector<std::unique_ptr<Callers>> of_others;
  std::vector<std::unique_ptr<Callers>> of_locked;
  for (Replica* replica : {a_.get(), b_.get()}) {
    Database& database = replica->database();
    of_locked.push_back(std::make_unique<Callers>(database, kCallers, kPatience, [&] { return OrderOf(locked, 1); }));
    of_locked.push_back(
        std::make_unique<Callers>(database, kCallers, kPatience, [&] { return OrderOfBoth(locked, other); }));
    of_others.push_back(std::make_unique<Callers>(database, 4, absl::Seconds(30), [&] { return OrderOf(other, 1); }));
  }
  // Several rounds of refusals: the lock is met again and again.
  EXPECT_TRUE(Eventually([&] { return of_locked[0]->answered() >= 20 && of_locked[2]->answered() >= 20; }));
  for (auto& callers : of_others) {
    callers->Stop();
    EXPECT_LT(callers->LongWait(), Options().batch_lock_timeout);
    EXPECT_LT(callers->LongestWait(), Options().lock_timeout);  // of the first batches, which do not know of the lock
    for (const absl::Status& status : callers->statuses()) ASSERT_THAT(status, IsOk());
  }
  for (auto& callers : of_locked) {
    callers->Stop();
    EXPECT_LT(callers->LongestWait(), kPatience + absl::Seconds(1));
    std::size_t in_time = 0;
    for (const absl::Status& status : callers->statuses()) {
      if (!absl::IsUnavailable(status)) continue;
      ++in_time;
      EXPECT_TRUE(domain::RetryAfterOf(status).has_value());
    }
    // Those that were in the first batches may meet their own deadline.
    EXPECT_GE(in_time + 2 * kCallers, callers->statuses().size());
    EXPECT_GT(in_time, 0U);
  }
  EXPECT_EQ(Reserved(locked), 0);

  forgotten->Rollback();
  for (Replica* replica : {a_.get(), b_.get()}) {
    EXPECT_TRUE(Eventually([&] { return Create(replica->database(), OrderOf(locked, 1)).ok(); }));
  }
  ExpectConsistent();
}

TEST_F(LockedRowTest, ForgottenUpdateOfAnOrder_CostsThatOrderAlone) {
  Database& database = a_->database();
  const domain::ProductId product = ProductWith(database, 1'000);
  const auto locked = Create(database, OrderOf(product, 1));
  ASSERT_THAT(locked, IsOk());
  const auto forgotten = Lock("orders", "id = '" + locked->id.ToString() + "'");
  const auto cancel = [&] {
    return database.orders().ChangeStatus({locked->id, domain::OrderStatus::kCancelled, "", "", std::nullopt},
                                          {"correlation", "", absl::Now() + absl::Seconds(3)});
  };
  Callers others(database, 4, absl::Seconds(30), [&] { return OrderOf(product, 1); });
  for (int i = 0; i < 3; ++i) {
    const auto refused = cancel();
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_TRUE(domain::RetryAfterOf(refused.status()).has_value());
  }
  others.Stop();
  EXPECT_LT(others.LongWait(), Options().batch_lock_timeout);
  forgotten->Rollback();
  EXPECT_TRUE(Eventually([&] { return cancel().ok(); }));
  ExpectConsistent();
}

// The reservation of an order names its levels only once it is read.
TEST_F(LockedRowTest, CancellingOrdersOfALockedLevel_HoldsUpNoOther) {
  Database& database = a_->database();
  const domain::ProductId locked = ProductWith(database, 1'000);
  const domain::ProductId other = ProductWith(database, 100'000);
  std::vector<domain::OrderId> orders;
  for (int i = 0; i < 8; ++i) orders.push_back(Create(database, OrderOf(locked, 1))->id);
  const auto forgotten = LockLevel(locked);
  Callers others(database, 4, absl::Seconds(30), [&] { return OrderOf(other, 1); });
  AtOnce(static_cast<int>(orders.size()), [&](int i) {
    const auto refused = database.orders().ChangeStatus(
        {orders[static_cast<std::size_t>(i)], domain::OrderStatus::kCancelled, "", "", std::nullopt},
        {"correlation", "", absl::Now() + absl::Seconds(3)});
    EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();
  });
  others.Stop();
  EXPECT_LT(others.LongWait(), Options().batch_lock_timeout);
}

// The counter of commits is locked as long as another writer's disk takes. That is no row of a command.
TEST_F(LockedRowTest, SlowCommitOfAnotherWriter_SetsNothingApart) {
  Database& database = a_->database();
  const domain::ProductId product = ProductWith(database, 1'000);
  ASSERT_THAT(Create(database, OrderOf(product, 1)), IsOk());
  Session other(Options(), SessionUse::kQueries);
  other.Begin();
  other.Script("SELECT 1 FROM commit_lock FOR UPDATE");
  absl::Status status;
  std::jthread caller([&] { status = Create(database, OrderOf(product, 1)).status(); });
  const std::string waits_long =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND "
      "query_start < clock_timestamp() - interval '" +
      std::to_string(2 * absl::ToInt64Milliseconds(Options().batch_lock_timeout)) + " ms'";
  EXPECT_TRUE(Eventually([&] { return Number(waits_long) == 1; }));
  other.Rollback();
  caller.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(a_->Count("batches_taken_apart_total"), 0);
}

}  // namespace
}  // namespace logistics::storage
