// Commands that wait together are one transaction, and each keeps its own outcome.
#include <atomic>
#include <mutex>
#include <thread>

#include "integration/storage/storage_fixture.hpp"
#include "storage/batch/write_executor.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

constexpr int kCommands = 64;

// One writer, held up by a lock until the test has queued what it wants to see in one batch.
class BatchTest : public StorageFixture {
 protected:
  BatchTest() : replica_(NewReplica()), plug_(ProductWith(replica_->database(), 1'000)) {
    // Refuses what a mistake of ours might send: the server's own error, for one row of the batch.
    database_.Query(
        "CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.notes = 'poison' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '22000'; END IF; RETURN NEW; END $$");
    database_.Query(
        "CREATE TRIGGER refuse_poison BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse_poison()");
  }

  WriteBatcher& Writer() {
    if (writer_) return *writer_;
    DatabaseOptions options = Options();
    options.batch_lock_timeout = options.lock_timeout;  // the lock of RunAsOneBatch is meant
    std::vector<std::unique_ptr<WriteBatcher::Executor>> writers;
    writers.push_back(std::make_unique<WriteExecutor>(
        WriterDeps{options, ids_, clock_, encoder_, metrics_, products_, contested_, [this] { ++told_; }}));
    writer_ = std::make_unique<WriteBatcher>(BatcherLimits{128, 1'000}, std::move(writers));
    return *writer_;
  }

  // Queues all commands while the writer waits for the lock on plug_'s level, then lets it go: they are one batch.
  std::vector<absl::StatusOr<commands::Result>> RunAsOneBatch(const std::vector<commands::Command>& commands) {
    WriteBatcher& writer = Writer();
    Session lock(Options(), SessionUse::kQueries);
    lock.Begin();
    lock.Script("SELECT 1 FROM stock_levels WHERE product_id = '" + plug_.ToString() + "' FOR UPDATE");
    std::jthread plug([&] { EXPECT_THAT(RunWrite(writer, commands::CreateOrder{OrderOf(plug_, 1)}, {}), IsOk()); });
    pqxx::connection observer(database_.url());
    EXPECT_TRUE(Eventually([&] {
      return pqxx::nontransaction(observer)
                 .exec(
                     "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                     "wait_event_type = 'Lock'")[0][0]
                 .as<int>() == 1;
    }));
    commits_before_ = Number("SELECT count(*) FROM commits");

    std::vector<absl::StatusOr<commands::Result>> outcomes(commands.size());
    {
      std::vector<std::jthread> callers;
      for (std::size_t i = 0; i < commands.size(); ++i) {
        callers.emplace_back([&, i] { outcomes[i] = RunBlocking(writer, MakePendingWrite(commands[i], {})); });
      }
      EXPECT_TRUE(Eventually([&] { return writer.queued() == commands.size(); }));
      lock.Rollback();
    }
    return outcomes;
  }
  std::vector<absl::StatusOr<commands::Result>> RunAsOneBatch(const std::vector<domain::NewOrder>& orders) {
    std::vector<commands::Command> commands;
    for (const domain::NewOrder& order : orders) commands.emplace_back(commands::CreateOrder{order});
    return RunAsOneBatch(commands);
  }

  // Without the one that held the writer up.
  std::int64_t Commits() const { return Number("SELECT count(*) FROM commits") - commits_before_ - 1; }
  double Count(const std::string& metric) { return metrics_.Value("logistics_" + metric); }

  std::unique_ptr<Replica> replica_;
  domain::ProductId plug_;
  ProductCache products_;
  ContestedKeys contested_;
  fakes::CountingMetrics metrics_;
  std::atomic<int> told_ = 0;
  std::unique_ptr<WriteBatcher> writer_;

 private:
  std::int64_t commits_before_ = 0;
};

TEST_F(BatchTest, CommandsThatWaited_CommitTogether) {
  const domain::ProductId product = ProductWith(replica_->database(), 1'000);
  std::vector<domain::NewOrder> orders;
  for (int i = 0; i < kCommands; ++i) orders.push_back(OrderOf(product, 1));
  for (const auto& outcome : RunAsOneBatch(orders)) EXPECT_THAT(outcome, IsOk());
  EXPECT_EQ(Commits(), 1);
  EXPECT_EQ(Count("batches_total"), 2);
  EXPECT_EQ(Count("batch_commands_total"), kCommands + 1);
  EXPECT_EQ(Count("batches_taken_apart_total"), 0);
  EXPECT_EQ(told_, 2);
  EXPECT_EQ(Reserved(product), kCommands);
  ExpectConsistent();
}

TEST_F(BatchTest, PoisonousCommandAmong64_FailsAlone) {
  constexpr std::size_t kPoison = 23;
  const domain::ProductId product = ProductWith(replica_->database(), 1'000);
  std::vector<domain::NewOrder> orders;
  for (int i = 0; i < kCommands; ++i) {
    orders.push_back(OrderOf(product, 1, "key " + std::to_string(i), i == kPoison ? "poison" : "good"));
  }
  const auto outcomes = RunAsOneBatch(orders);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    SCOPED_TRACE(i);
    if (i == kPoison) {
      EXPECT_THAT(outcomes[i], StatusIs(absl::StatusCode::kInternal));
    } else {
      ASSERT_THAT(outcomes[i], IsOk());
      EXPECT_EQ(std::get<domain::Order>(*outcomes[i]).id, orders[i].order.id);
    }
    EXPECT_EQ(Exists(orders[i].order.id), i != kPoison);
  }
  // They were one batch, and then one each.
  EXPECT_EQ(Count("batch_size"), 2);
  EXPECT_EQ(Count("batches_taken_apart_total"), 1);
  EXPECT_EQ(Commits(), kCommands - 1);
  EXPECT_EQ(Reserved(product), kCommands - 1);
  ExpectConsistent();

  // The refused one left its key free.
  domain::NewOrder again = OrderOf(product, 1, "key " + std::to_string(kPoison), "good");
  EXPECT_THAT(Create(replica_->database(), again), IsOk());
}

TEST_F(BatchTest, ShortStockInABatch_RefusesThatCommandAlone) {
  const domain::ProductId scarce = ProductWith(replica_->database(), 10);
  std::vector<domain::NewOrder> orders;
  for (int i = 0; i < 16; ++i) orders.push_back(OrderOf(scarce, 1, "key " + std::to_string(i)));
  int made = 0;
  for (const auto& outcome : RunAsOneBatch(orders)) {
    if (outcome.ok()) {
      ++made;
    } else {
      EXPECT_THAT(outcome, StatusIs(absl::StatusCode::kFailedPrecondition));
    }
  }
  EXPECT_EQ(made, 10);
  EXPECT_EQ(Commits(), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM idempotency_keys"), 10);
  ExpectConsistent();
}

// What a batch consists of decides what is sent for it; on one connection all of these follow one another.
TEST_F(BatchTest, EveryMixOfCommands_IsStored) {
  Database& database = replica_->database();
  const domain::ProductId product = ProductWith(database, 1'000);
  const auto made = [&] { return *Create(database, OrderOf(product, 1)); };
  const auto change = [](const domain::Order& order, domain::OrderStatus status) {
    return commands::Command(commands::ChangeStatus{{order.id, status, "", "", std::nullopt}});
  };
  // Bits of the mix: an order, one that is refused and frees its key, a change that moves no stock, one that does, an
  // adjustment of a level that is there, one of a level that is not.
  constexpr unsigned kMixes = 1U << 6;
  for (unsigned mix = 1; mix < kMixes; ++mix) {
    SCOPED_TRACE(mix);
    std::vector<commands::Command> commands;
    if ((mix & 1U) != 0) commands.emplace_back(commands::CreateOrder{OrderOf(product, 1)});
    if ((mix & 2U) != 0)
      commands.emplace_back(commands::CreateOrder{OrderOf(product, 100'000, "key of a refused one")});
    if ((mix & 4U) != 0) commands.push_back(change(made(), domain::OrderStatus::kProcessing));
    if ((mix & 8U) != 0) commands.push_back(change(made(), domain::OrderStatus::kCancelled));
    if ((mix & 16U) != 0) commands.emplace_back(commands::AdjustStock{{{product, warehouse_}, 5, "found", ""}});
    if ((mix & 32U) != 0) {
      commands.emplace_back(commands::AdjustStock{{{product, domain::WarehouseId(ids_.NewId())}, 5, "found", ""}});
    }
    const auto outcomes = RunAsOneBatch(commands);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const bool short_one = i == (mix & 1U) && (mix & 2U) != 0;
      EXPECT_THAT(outcomes[i].status(),
                  StatusIs(short_one ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kOk));
    }
    ASSERT_EQ(Count("batches_taken_apart_total"), 0);
    EXPECT_EQ(Commits(), mix == 2 ? 0 : 1);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM idempotency_keys"), 0);
  ExpectConsistent();
}

TEST_F(BatchTest, HoldsAmongOrders_ShareTheBatchAndKeepTheirOutcomes) {
  Database& database = replica_->database();
  const domain::ProductId product = ProductWith(database, 10);
  const auto hold = [&](int quantity) {
    return ports::ReservationRequest{ids_.NewId(), warehouse_, {{product, "", quantity}}};
  };
  const ports::ReservationRequest released = hold(1);
  const ports::ReservationRequest committed = hold(2);
  const ports::ReservationRequest expired = hold(3);
  for (const ports::ReservationRequest& made : {released, committed, expired}) {
    ASSERT_THAT(database.stock().Reserve(made, {"correlation", "", absl::InfiniteFuture()}), IsOk());
  }
  const auto outcomes = RunAsOneBatch(std::vector<commands::Command>{
      commands::EndReservation{released.id, domain::StockAction::kRelease, "no more"},
      commands::EndReservation{committed.id, domain::StockAction::kCommit, ""},
      commands::ExpireReservation{expired.id.uuid}, commands::CreateOrder{OrderOf(product, 2)},
      commands::ReserveStock{hold(1)}, commands::ReserveStock{hold(100)},
      commands::EndReservation{ids_.NewId(), domain::StockAction::kRelease, ""}});
  ASSERT_EQ(outcomes.size(), 7U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::get<ports::EndAnswer>(*outcomes[i]).changed) << i;
  EXPECT_THAT(outcomes[3], IsOk());
  EXPECT_TRUE(std::get<ports::ReservationAnswer>(*outcomes[4]).held);
  EXPECT_FALSE(std::get<ports::ReservationAnswer>(*outcomes[5]).held);
  EXPECT_THAT(outcomes[6], StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Commits(), 1);
  EXPECT_EQ(Reserved(product), 3);
  EXPECT_EQ(Number("SELECT quantity FROM stock_levels WHERE product_id = '" + product.ToString() + "'"), 8);
  ExpectConsistent();
}

TEST_F(StorageFixture, ConcurrentGets_AnswerEachItsOwnOrder) {
  constexpr int kOrders = 40;
  constexpr int kCallers = 200;
  const auto replica = NewReplica();
  Database& database = replica->database();
  const domain::ProductId product = ProductWith(database, 1'000);
  std::vector<domain::Order> orders(kOrders);
  AtOnce(kOrders, [&](int i) {
    const auto made = Create(database, OrderOf(product, i + 1, "", "order " + std::to_string(i)));
    ASSERT_THAT(made, IsOk());
    orders[static_cast<std::size_t>(i)] = *made;
  });
  AtOnce(kCallers, [&](int i) {
    if (i % 5 == 4) {
      EXPECT_THAT(database.orders().Get(domain::OrderId(ids_.NewId()), {}), StatusIs(absl::StatusCode::kNotFound));
    } else {
      const domain::Order& order = orders[static_cast<std::size_t>(i) % kOrders];
      EXPECT_THAT(database.orders().Get(order.id, {}), fakes::IsOkAndHolds(order));
    }
  });
}

}  // namespace
}  // namespace logistics::storage
