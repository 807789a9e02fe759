// A snapshot and the changes after it are everything, once.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "contract/store_contract.hpp"

namespace logistics::contract {
namespace {

using fakes::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreContract, StockLog_OfNothing_IsEmpty) {
  const ports::StockSnapshot snapshot = Everything();
  EXPECT_THAT(snapshot.levels, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const ports::StockChanges page, stock_log().ReadAfter(snapshot.head.number, 10, {}));
  EXPECT_THAT(page.changes, IsEmpty());
  EXPECT_EQ(page.position, snapshot.head.number);
  EXPECT_FALSE(page.more);
}

TEST_P(StoreContract, StockLog_Snapshot_IsFilteredAsLevelsAre) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 5);
  const ports::StockSnapshot all = Everything();
  EXPECT_EQ(all.levels, *stock().Levels({}, {}, {}));
  ASSERT_OK_AND_ASSIGN(const ports::StockSnapshot one,
                       stock_log().Snapshot({{lamp}, {warehouse()}}, std::nullopt, 10, {}));
  ASSERT_THAT(one.levels, SizeIs(1));
  EXPECT_EQ(one.levels[0].key, Key(lamp));
  EXPECT_EQ(one.head.number, all.head.number);
  const ports::StockScope elsewhere{{box}, {New<domain::WarehouseId>()}};
  ASSERT_OK_AND_ASSIGN(const ports::StockSnapshot none, stock_log().Snapshot(elsewhere, std::nullopt, 10, {}));
  EXPECT_THAT(none.levels, IsEmpty());
}

TEST_P(StoreContract, StockLog_SnapshotPageByPage_IsTheSameAsAtOnce) {
  const domain::WarehouseId other = New<domain::WarehouseId>();
  std::vector<domain::ProductId> products;
  for (const char* sku : {"A", "B", "C", "D", "E"}) {
    products.push_back(ProductWith(sku, 10));
    ASSERT_THAT(stock().Adjust({{products.back(), other}, 3, "count", ""}, {}), IsOk());
  }
  // A product that is named twice is read once.
  const std::vector<ports::StockScope> scopes = {
      {}, {{products[1], products[3], products[1]}, {}}, {{}, {other}}, {{products[4], products[0]}, {other}}};
  for (const ports::StockScope& scope : scopes) {
    for (const int limit : {1, 2, 3, 10}) {
      std::vector<ports::LevelRow> paged;
      ports::StockSnapshot page;
      do {
        ASSERT_OK_AND_ASSIGN(page, stock_log().Snapshot(scope, page.next, limit, {}));
        ASSERT_LE(std::ssize(page.levels), limit);
        paged.insert(paged.end(), page.levels.begin(), page.levels.end());
      } while (page.next);
      EXPECT_EQ(paged, *stock().Levels(scope.products, scope.warehouses, {})) << limit << " a page";
    }
  }
}

TEST_P(StoreContract, StockLog_Heads_AreOfOneDatabaseWhereNumbersRise) {
  const auto box = ProductWith("BOX", 10);
  const ports::LogHead before = Everything().head;
  EXPECT_FALSE(before.database_id.is_nil());
  EXPECT_GE(before.timeline, 1);
  ASSERT_THAT(stock().Adjust({Key(box), 1, "count", ""}, {}), IsOk());
  ASSERT_OK_AND_ASSIGN(const ports::StockChanges page, stock_log().ReadAfter(before.number, 10, {}));
  EXPECT_EQ(page.head.number, before.number + 1);
  EXPECT_TRUE(ports::IsSameLog(before, page.head, page.position));
  EXPECT_FALSE(ports::IsSameLog(page.head, before, page.position));
}

TEST_P(StoreContract, StockLog_EveryChangeOfStock_IsTheLevelAfterIt) {
  const auto box = ProductWith("BOX", 10);
  const std::int64_t start = Everything().head.number;
  const domain::Order order = Placed({{box, 2}});
  Walked(order, {domain::OrderStatus::kProcessing});  // moves no stock
  const domain::Uuid hold = Held({{box, "", 3}});
  ASSERT_THAT(CommitHold(hold), IsOk());
  Walked(order, {domain::OrderStatus::kCancelled});
  ASSERT_THAT(stock().Adjust({Key(box), 5, "delivery", ""}, {}), IsOk());

  ASSERT_OK_AND_ASSIGN(const ports::StockChanges page, stock_log().ReadAfter(start, 100, {}));
  std::vector<std::pair<std::int64_t, std::int64_t>> levels;
  std::set<domain::Uuid> ids;
  std::int64_t number = start;
  for (const ports::StockChange& change : page.changes) {
    EXPECT_EQ(change.level.key, Key(box));
    EXPECT_GT(change.number, number);
    number = change.number;
    ids.insert(change.id);
    levels.emplace_back(change.level.level.quantity, change.level.level.reserved);
  }
  EXPECT_THAT(levels,
              ElementsAre(std::pair(10, 2), std::pair(10, 5), std::pair(7, 2), std::pair(7, 0), std::pair(12, 0)));
  EXPECT_THAT(ids, SizeIs(levels.size()));
  EXPECT_EQ(page.position, Everything().head.number);
  EXPECT_FALSE(page.more);
  const auto again = stock_log().ReadAfter(start, 100, {});
  EXPECT_EQ(again->changes.front().id, page.changes.front().id) << "a change is the same whenever it is read";
}

TEST_P(StoreContract, StockLog_PageByPage_IsTheSameAsAtOnce) {
  const auto box = ProductWith("BOX", 100);
  const auto lamp = ProductWith("LAMP", 100);
  for (int i = 0; i < 7; ++i) Placed({{box, 1}, {lamp, 1}});
  std::vector<domain::Uuid> at_once;
  ASSERT_OK_AND_ASSIGN(const ports::StockChanges all, stock_log().ReadAfter(0, 1'000, {}));
  for (const ports::StockChange& change : all.changes) at_once.push_back(change.id);
  EXPECT_THAT(at_once, SizeIs(16));
  std::vector<domain::Uuid> paged;
  ports::StockChanges page;
  do {
    ASSERT_OK_AND_ASSIGN(page, stock_log().ReadAfter(page.position, 2, {}));
    for (const ports::StockChange& change : page.changes) paged.push_back(change.id);
  } while (page.more);
  EXPECT_EQ(paged, at_once);
}

// Whatever commits meanwhile: the snapshot with what comes after its position ends at the levels as they are.
TEST_P(StoreContract, StockLog_SnapshotsAmongWriters_MissNothingAndRepeatNothing) {
  std::vector<domain::ProductId> products;
  for (const char* sku : {"A", "B", "C"}) products.push_back(ProductWith(sku, 1'000));
  std::vector<ports::StockSnapshot> snapshots;
  std::atomic<int> busy = 4;
  AtOnce(5, [&](int i) {
    if (i == 4) {
      while (busy > 0) snapshots.push_back(Everything());
      return;
    }
    for (int step = 0; step < 30; ++step) {
      const domain::LevelKey key = Key(products[static_cast<std::size_t>(step + i) % products.size()]);
      EXPECT_THAT(stock().Adjust({key, i % 2 == 0 ? 2 : -1, "count", ""}, {}), IsOk());
    }
    --busy;
  });
  const auto now = *stock().Levels({}, {}, {});
  ASSERT_THAT(snapshots, testing::Not(IsEmpty()));
  for (const ports::StockSnapshot& snapshot : snapshots) {
    std::map<domain::LevelKey, std::int64_t> quantities;
    for (const ports::LevelRow& row : snapshot.levels) quantities[row.key] = row.level.quantity;
    const auto after = stock_log().ReadAfter(snapshot.head.number, 1'000, {});
    ASSERT_THAT(after, IsOk());
    for (const ports::StockChange& change : after->changes) {
      const std::int64_t step = change.level.level.quantity - quantities[change.level.key];
      EXPECT_TRUE(step == 2 || step == -1) << "a change of " << step << " is none that was made";
      quantities[change.level.key] = change.level.level.quantity;
    }
    for (const ports::LevelRow& row : now) EXPECT_EQ(quantities[row.key], row.level.quantity);
  }
}

}  // namespace
}  // namespace logistics::contract
