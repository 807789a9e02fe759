#include "integration/storage/used_database.hpp"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "storage/batch/commit.hpp"
#include "storage/batch/locked_rows.hpp"
#include "storage/outbox/postgres_outbox.hpp"
#include "storage/rows/adjustment_rows.hpp"
#include "storage/rows/key_rows.hpp"
#include "storage/rows/settlement_rows.hpp"
#include "storage/schema/rights.hpp"

namespace logistics::storage {
namespace {

using domain::OrderStatus;
using fakes::IsOk;

// After five executions Postgres may keep a generic plan.
constexpr int kExecutions = 7;

const ports::CallContext kNoHurry = {"correlation", "", absl::InfiniteFuture()};

std::string Sql(const std::string& file, int rows) {
  std::ostringstream text;
  text << std::ifstream(LOGISTICS_SOURCE_DIR "/tests/integration/storage/" + file).rdbuf();
  return absl::StrReplaceAll(text.str(), {{"$rows", std::to_string(rows)}});
}

}  // namespace

UsedDatabase::UsedDatabase(int orders) : orders_(orders), log_(absl::StrCat("plans_", orders)) {
  pqxx::connection connection(database_.url());
  pqxx::nontransaction session(connection);
  session.exec("BEGIN; SET LOCAL synchronous_commit = off; " + Sql("grown_tables.sql", orders) + "COMMIT");
  session.exec("VACUUM ANALYZE");
}

DatabaseOptions UsedDatabase::LoggedOptions() const {
  DatabaseOptions options = Options();
  options.url = log_.Url(database_.url());
  options.list_count_max = kListCountMax;
  options.statement_timeout = absl::Minutes(2);
  const absl::Duration age = absl::Hours(24 * 3650);  // nothing is so old, and all is looked for
  options.retention = {age, age, age, age, age};
  return options;
}

domain::Uuid UsedDatabase::MadeId(const std::string& kind, int number) const {
  return domain::Uuid::Parse(database_.Query(absl::StrCat("SELECT md5('", kind, number, "')::uuid"))[0][0].c_str())
      .value();
}

domain::OrderId UsedDatabase::MadeOrder(int number) const {
  return domain::OrderId(
      domain::Uuid::Parse(
          database_.Query(absl::StrCat("SELECT id FROM orders ORDER BY created_at LIMIT 1 OFFSET ", number - 1))[0][0]
              .c_str())
          .value());
}

domain::LevelKey UsedDatabase::MadeLevel(int number) const {
  return {domain::ProductId(MadeId("product", number)), domain::WarehouseId(MadeId("warehouse", 0))};
}

domain::NewOrder UsedDatabase::NewOrder(const std::string& key, int quantity) {
  domain::NewOrder order = OrderOf(MadeLevel(orders_ / 20).product_id, quantity, key);
  order.order.warehouse_id = MadeLevel(0).warehouse_id;
  return order;
}

std::vector<LoggedPlan> UsedDatabase::PlansOfEverything() {
  const auto replica = NewReplica(LoggedOptions());
  Database& database = replica->database();
  database.Start();
  WriteOrders(database);
  WriteStock(database);
  WriteIntents(database);
  ReceivePayments(database);
  SettleAtPeer(database);
  Relay(database);
  WaitForRows();
  for (int i = 0; i < kExecutions; ++i) {
    ReadOrders(database);
    ReadStock(database);
  }
  ListOrders(database);  // planned anew for their values
  // The tasks have run once, and the last of them has left its lease.
  EXPECT_TRUE(Eventually([&] {
    return replica->Count("reservations_expired_total") > 0 && Number("SELECT count(*) FROM leases") == 0 &&
           Number("SELECT count(*) FROM replicas") == 1 &&
           Number("SELECT count(*) FROM idempotency_keys WHERE created_at < now() - interval '48 hours'") == 0;
  }));
  replica->Stop();
  return log_.Read();
}

void UsedDatabase::WriteOrders(Database& database) {
  ports::OrderStore& orders = database.orders();
  const domain::NewOrder first = NewOrder("first");
  EXPECT_THAT(orders.Create(first, kNoHurry), IsOk());
  EXPECT_THAT(orders.Create(NewOrder("first"), kNoHurry), IsOk());  // a repetition
  EXPECT_THAT(orders.Create(Paid(NewOrder("")), kNoHurry), IsOk());
  for (const OrderStatus status : {OrderStatus::kProcessing, OrderStatus::kShipped, OrderStatus::kReturned}) {
    EXPECT_THAT(orders.ChangeStatus({first.order.id, status, "", "", std::nullopt}, kNoHurry), IsOk());
  }
  const domain::NewOrder cancelled = NewOrder("");
  EXPECT_THAT(orders.Create(cancelled, kNoHurry), IsOk());
  EXPECT_THAT(orders.ChangeStatus({cancelled.order.id, OrderStatus::kCancelled, "", "", std::nullopt}, kNoHurry),
              IsOk());
}

void UsedDatabase::WriteStock(Database& database) {
  ports::StockStore& stock = database.stock();
  ProductWith(database, 10);
  const ports::StockAdjustment adjustment{MadeLevel(1), 1, "delivery", "", "a request"};
  EXPECT_THAT(stock.Adjust(adjustment, kNoHurry), IsOk());
  EXPECT_THAT(stock.Adjust(adjustment, kNoHurry), IsOk());
  for (const bool release : {true, false}) {
    const domain::ExternalId id(ids_.NewId());
    const ports::ReservationRequest request{id, MadeLevel(2).warehouse_id, {{MadeLevel(2).product_id, "", 1}}};
    EXPECT_THAT(stock.Reserve(request, kNoHurry), IsOk());
    EXPECT_THAT(release ? stock.Release(id, "the test says so", kNoHurry) : stock.CommitReservation(id, kNoHurry),
                IsOk());
  }
}

void UsedDatabase::WriteIntents(Database& database) {
  Made(database, 1, "made");
  const domain::NewOrder abandoned = Opened(database, 1, "abandoned");
  EXPECT_THAT(Abandon(database, abandoned), IsOk());
  EXPECT_THAT(database.intents().Made(PeerOrder(1, "made"), kNoHurry), IsOk());
  EXPECT_THAT(database.intents().Left(absl::ZeroDuration(), 10), IsOk());
}

void UsedDatabase::ReceivePayments(Database& database) {
  const domain::NewOrder order = NewOrder("");
  const auto created = database.orders().Create(order, kNoHurry);
  ASSERT_THAT(created, IsOk());
  EXPECT_THAT(Apply(database, ProcessedOf(*created), Parked(database, created->id)), IsOk());
  ports::Inbox& inbox = database.inbox();
  const std::int64_t id = *Parked(database, MadeOrder(1)).waiting_id;
  for (int i = 0; i < kExecutions; ++i) {
    EXPECT_THAT(inbox.Due("payments", 100, kNoHurry), IsOk());
    EXPECT_THAT(inbox.List("payments", 0, 100, kNoHurry), IsOk());
    EXPECT_THAT(inbox.List("", 50, 100, kNoHurry), IsOk());
    EXPECT_THAT(inbox.Stats("payments", 1'000, kNoHurry), IsOk());
  }
  EXPECT_THAT(inbox.PutOff(id, absl::Hours(1), "not yet", kNoHurry), IsOk());
  EXPECT_THAT(inbox.SetAside(id, absl::Hours(1), "unknown", kNoHurry), IsOk());
  EXPECT_THAT(inbox.Remove(id, kNoHurry), IsOk());
}

void UsedDatabase::ReadOrders(Database& database) {
  ports::OrderLog& log = database.order_log();
  const domain::OrderId order = MadeOrder(orders_ / 2);
  EXPECT_THAT(database.orders().Get(order, kNoHurry), IsOk());
  EXPECT_THAT(log.Head(kNoHurry), IsOk());
  const std::int64_t commits = orders_ / 8;
  EXPECT_THAT(log.CommittedAt(commits / 2, kNoHurry), IsOk());
  EXPECT_THAT(log.NumberBefore(clock_.Now() - absl::Minutes(5), commits, kNoHurry), IsOk());
  const ports::OrderScope scopes[] = {{},
                                      {order, std::nullopt},
                                      {std::nullopt, domain::CustomerId(MadeId("customer", 0))},
                                      {std::nullopt, domain::CustomerId(MadeId("customer", 1))}};
  for (const ports::OrderScope& scope : scopes) {
    for (const std::int64_t behind : {std::int64_t{0}, commits / 2, commits}) {
      EXPECT_THAT(log.ReadAfter(scope, ports::LogPlace::AfterCommit(behind), 256, kNoHurry), IsOk());
    }
    EXPECT_THAT(log.States(scope, std::nullopt, 100, kNoHurry), IsOk());
    EXPECT_THAT(log.States(scope, ports::OrderStates::After{clock_.Now() - absl::Hours(1), order}, 100, kNoHurry),
                IsOk());
  }
}

void UsedDatabase::ListOrders(Database& database) {
  using ports::OrderSort;
  const std::string middle = absl::StrCat("SELECT id, created_at, total_minor FROM orders WHERE id = '",
                                          MadeOrder(orders_ / 2).ToString(), "'");
  const pqxx::row row = database_.Query(middle)[0];
  const absl::Time now = clock_.Now();
  ports::OrderQuery none;
  std::vector<ports::OrderQuery> filters(10, none);
  filters[1].status = OrderStatus::kCancelled;
  filters[2].status = OrderStatus::kPending;
  filters[3].customer_id = domain::CustomerId(MadeId("customer", 0));
  filters[4].customer_id = domain::CustomerId(MadeId("customer", 1));
  filters[5] = filters[3];
  filters[5].status = OrderStatus::kCancelled;
  filters[6] = filters[4];
  filters[6].status = OrderStatus::kCancelled;
  filters[7].created_from = now - absl::Minutes(10);
  filters[7].created_before = now - absl::Minutes(9);
  filters[8] = filters[3];
  filters[8].created_before = now - absl::Seconds(orders_ / 4);
  filters[9] = filters[1];
  filters[9].created_from = now - absl::Seconds(orders_ / 2);
  for (const ports::OrderQuery& filter : filters) {
    for (const OrderSort sort :
         {OrderSort::kCreatedAt, OrderSort::kUpdatedAt, OrderSort::kTotalAmount, OrderSort::kStatus}) {
      for (const int kind : {0, 1, 2, 3}) {
        ports::OrderQuery query = filter;
        query.sort = sort;
        query.descending = kind % 2 == 1;
        if (kind >= 2) {
          const std::string status = query.status ? std::string(domain::OrderStatusKey(*query.status)) : "delivered";
          const std::string value = sort == OrderSort::kStatus        ? status
                                    : sort == OrderSort::kTotalAmount ? row[2].c_str()
                                                                      : row[1].c_str();
          query.after = ports::OrderQuery::After{value, MadeOrder(orders_ / 2)};
        } else if (kind == 1) {
          query.page = 20;
        }
        const auto page = database.orders().List(query, kNoHurry);
        lists_.push_back(page.ok() ? "served" : std::string(page.status().message()));
      }
    }
  }
}

void UsedDatabase::ReadStock(Database& database) {
  ports::StockStore& stock = database.stock();
  const domain::LevelKey level = MadeLevel(orders_ / 20);
  EXPECT_THAT(stock.GetProduct(level.product_id, kNoHurry), IsOk());
  EXPECT_THAT(stock.ListProducts("", 1, 50, kNoHurry), IsOk());
  EXPECT_THAT(stock.ListProducts("category 1", 2, 5, kNoHurry), IsOk());
  EXPECT_THAT(stock.Levels({level.product_id}, {}, kNoHurry), IsOk());
  EXPECT_THAT(stock.Levels({}, {}, kNoHurry), IsOk());
  ports::StockLog& log = database.stock_log();
  EXPECT_THAT(log.Snapshot({}, level, 100, kNoHurry), IsOk());
  EXPECT_THAT(log.Snapshot({{level.product_id}, {}}, std::nullopt, 256, kNoHurry), IsOk());
  for (const int behind : {0, orders_ / 16}) EXPECT_THAT(log.ReadAfter(behind, 256, kNoHurry), IsOk());
}

void UsedDatabase::SettleAtPeer(Database& database) {
  ports::SettlementStore& settlements = database.settlements();
  auto claimed = settlements.Claim(5, absl::Minutes(1));
  ASSERT_THAT(claimed, IsOk());
  ASSERT_GE(claimed->size(), 4U);
  EXPECT_THAT(settlements.Done((*claimed)[0], absl::ZeroDuration()), IsOk());
  EXPECT_THAT(settlements.Retry((*claimed)[1], absl::Seconds(1), "no answer"), IsOk());
  EXPECT_THAT(settlements.MarkRestocking((*claimed)[2]), IsOk());
  EXPECT_THAT(settlements.InDoubt((*claimed)[3], "no answer"), IsOk());
  ports::ReservationLedger& ledger = database.reservation_ledger();
  for (int i = 0; i < kExecutions; ++i) {
    EXPECT_THAT(settlements.Stats(), IsOk());
    EXPECT_THAT(settlements.Stuck(absl::Minutes(1), 20), IsOk());
    EXPECT_THAT(ledger.Snapshot(clock_.Now() - absl::Minutes(1), kNoHurry), IsOk());
    EXPECT_THAT(ledger.RestocksInDoubt(20, kNoHurry), IsOk());
  }
  EXPECT_THAT(ledger.Requeue({MadeLevel(51).product_id, MadeLevel(52).product_id}, absl::Minutes(10), 20, kNoHurry),
              IsOk());
}

void UsedDatabase::Relay(Database& database) {
  PostgresOutbox outbox(LoggedOptions(), ids_.NewId(), std::chrono::milliseconds(0));
  EXPECT_THAT(outbox.AcquireLease(absl::Minutes(1)), IsOk());
  const auto start = outbox.StartPosition();
  ASSERT_THAT(start, IsOk());
  EXPECT_THAT(outbox.ReadAfter(*start, 256), IsOk());
  const auto page = outbox.ReadAfter({orders_ / 8, ports::OutboxPosition::kEndOfCommit}, 256);
  ASSERT_THAT(page, IsOk());
  ASSERT_GE(page->messages.size(), 3U);
  EXPECT_THAT(outbox.DeleteConfirmed({page->messages[0]}, *start), IsOk());
  EXPECT_THAT(outbox.DeleteConfirmed({page->messages[2]}, *start), IsOk());
  EXPECT_THAT(outbox.Quarantine({page->messages[1]}, "refused"), IsOk());
  EXPECT_THAT(outbox.ReadQuarantined({}, 100), IsOk());
  EXPECT_THAT(outbox.ReleaseLease(), IsOk());
  const std::vector<ports::RoutedKey> keys = {{domain::EventStream::kOrder, "order.created", {}, {}}};
  EXPECT_THAT(database.routed_keys().Store(keys, {}), IsOk());
  EXPECT_THAT(database.routed_keys().Store({}, keys), IsOk());
  EXPECT_THAT(database.routed_keys().Load(), IsOk());
}

// What a replica does when a row is locked, a commit is in doubt, or a level is full.
void UsedDatabase::WaitForRows() {
  PipelineSession session(LoggedOptions(), SessionUse::kByKey);
  const domain::OrderId order = MadeOrder(orders_ / 2);
  session.Begin();
  FindLockedLevels(session, {MadeLevel(1), MadeLevel(2)}, absl::Seconds(1));
  FindLockedOrders(session, {order}, absl::Seconds(1));
  AwaitLevel(session, MadeLevel(1));
  AwaitOrder(session, order);
  StatementGroup group;
  const commands::RefusedRestock full{order.uuid(), MadeLevel(1), "SKU", 1, "full"};
  StoreRefusedRestocks(group, std::vector{full});
  const commands::Command create = commands::CreateOrder{NewOrder("key 1")};
  const commands::Command adjust = commands::AdjustStock{{MadeLevel(1), 1, "", "", "request 101"}};
  const std::vector<commands::Item> items = {commands::Item(create), commands::Item(adjust)};
  FreeKeys(group, items, std::vector<std::size_t>{0});
  FreeAdjustments(group, items, std::vector<std::size_t>{1});
  std::move(group).QueueTo(session);
  session.Run();
  session.Rollback();
  EndStalledWriters(session, absl::Minutes(1));
  OthersCommit(session, absl::Seconds(1));
  EXPECT_TRUE(WasCommitted(session, MadeId("batch", 1)));
  session.Execute(kProbeCommit);
  Session reader(LoggedOptions(), SessionUse::kByKey);
  RequireRights(reader, "public");
  LiveReplicas(reader, ids_.NewId());
}

}  // namespace logistics::storage
