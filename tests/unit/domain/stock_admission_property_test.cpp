// What must hold whatever arrives: claims, releases, commits and adjustments in any order, against a model that knows
// nothing of batches.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "fakes/seed.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::domain {
namespace {

using testing::IsEmpty;

class StockAdmission : public testing::Test {
 protected:
  StockAdmission() : seed_(fakes::TestSeed()), random_(seed_) {
    for (int i = 0; i < 6; ++i) products_.emplace_back(ids_.NewId());
  }

  std::int64_t Upto(std::int64_t limit) { return std::uniform_int_distribution<std::int64_t>(0, limit)(random_); }

  // Some products, each once, sorted.
  std::vector<StockItem> RandomItems(std::int64_t quantity_max) {
    std::vector<StockItem> items;
    for (const ProductId& product : products_) {
      if (Upto(2) == 0) items.push_back({product, "", static_cast<std::int32_t>(1 + Upto(quantity_max - 1))});
    }
    if (items.empty()) items.push_back({products_[0], "", 1});
    return items;
  }

  LevelKey Key(const ProductId& product) const { return {product, warehouse_}; }

  std::map<LevelKey, StockLevel> RandomLevels() {
    std::map<LevelKey, StockLevel> levels;
    for (const ProductId& product : products_) {
      const std::int64_t quantity = Upto(60);
      if (Upto(5) != 0) levels[Key(product)] = {quantity, Upto(quantity)};
    }
    return levels;
  }

  static StockBook BookOf(const std::map<LevelKey, StockLevel>& levels) {
    StockBook book;
    for (const auto& [key, level] : levels) book.Load(key, level);
    return book;
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  fakes::SequentialIds ids_;
  const WarehouseId warehouse_{ids_.NewId()};
  std::vector<ProductId> products_;
};

TEST_F(StockAdmission, Claims_AreServedInArrivalOrder_AllOrNothing_AndNeverRefusedWhileStockIsFree) {
  SCOPED_TRACE(seed_);
  for (int run = 0; run < 300; ++run) {
    const auto levels = RandomLevels();
    StockBook book = BookOf(levels);
    std::map<LevelKey, std::int64_t> free;
    for (const auto& [key, level] : levels) free[key] = level.available();
    for (int order = 0; order < 64; ++order) {
      const std::vector<StockItem> items = RandomItems(8);
      std::vector<StockItem> short_of;
      for (const StockItem& item : items) {
        if (free[Key(item.product_id)] < item.quantity) short_of.push_back(item);
      }
      std::vector<StockMovement> movements;
      const auto shortages = book.Reserve(warehouse_, items, movements);
      ASSERT_EQ(shortages.size(), short_of.size()) << "order " << order << " of run " << run;
      for (std::size_t i = 0; i < shortages.size(); ++i) {
        EXPECT_EQ(shortages[i].wanted, short_of[i]);
        EXPECT_EQ(shortages[i].available, free[Key(short_of[i].product_id)]);
      }
      EXPECT_EQ(movements.size(), short_of.empty() ? items.size() : 0U);
      if (short_of.empty()) {
        for (const StockItem& item : items) free[Key(item.product_id)] -= item.quantity;
      }
    }
    for (const auto& [key, left] : free) {
      EXPECT_EQ(book.Find(key).value_or(StockLevel{}).available(), left);
      EXPECT_GE(left, 0);
    }
  }
}

TEST_F(StockAdmission, AnyOperations_KeepTheInvariants_AndTheLedgerSumsToTheLevels) {
  SCOPED_TRACE(seed_);
  for (int run = 0; run < 200; ++run) {
    StockBook book;
    std::vector<StockMovement> ledger;
    std::vector<std::vector<StockItem>> held;
    for (int step = 0; step < 200; ++step) {
      const std::size_t before = ledger.size();
      bool moved = false;
      switch (Upto(4)) {
        case 0:
          moved = book.Adjust(Key(products_[static_cast<std::size_t>(Upto(5))]), Upto(60) - 30, ledger).ok();
          moved = moved && ledger.size() > before;  // a change by 0 moves nothing
          break;
        case 1: {
          const auto items = RandomItems(4);
          moved = book.Reserve(warehouse_, items, ledger).empty();
          if (moved) held.push_back(items);
          break;
        }
        case 2:
          moved = book.Restock(warehouse_, RandomItems(3), ledger).ok();
          break;
        default: {
          if (held.empty()) break;
          const auto items = held.back();
          held.pop_back();
          moved = step % 2 == 0 ? book.Release(warehouse_, items, ledger).ok()
                                : book.Commit(warehouse_, items, ledger).ok();
          ASSERT_TRUE(moved) << "what was held can be settled";
        }
      }
      ASSERT_EQ(ledger.size() > before, moved) << "only what is refused leaves no trace";
    }

    std::map<LevelKey, StockLevel> sums;
    for (const StockMovement& movement : ledger) {
      StockLevel& sum = sums[movement.key];
      sum.quantity += movement.quantity_delta;
      sum.reserved += movement.reserved_delta;
      ASSERT_EQ(sum, (StockLevel{movement.quantity_after, movement.reserved_after}));
      ASSERT_LE(0, sum.reserved);
      ASSERT_LE(sum.reserved, sum.quantity);
      ASSERT_EQ(sum.quantity, sum.available() + sum.reserved);
    }
    std::map<LevelKey, std::int64_t> still_held;
    for (const auto& items : held) {
      for (const StockItem& item : items) still_held[Key(item.product_id)] += item.quantity;
    }
    for (const auto& changed : book.ChangedLevels()) {
      EXPECT_EQ(changed.level, sums[changed.key]);
      EXPECT_EQ(changed.level.reserved, still_held[changed.key]);
    }
  }
}

TEST_F(StockAdmission, ABatch_DecidesAsItsClaimsOneByOne) {
  SCOPED_TRACE(seed_);
  for (int run = 0; run < 200; ++run) {
    const auto start = RandomLevels();
    StockBook batch = BookOf(start);
    auto levels = start;  // what a database would hold between claims that each have a book of their own
    for (int order = 0; order < 32; ++order) {
      const auto items = RandomItems(8);
      std::vector<StockMovement> in_batch;
      std::vector<StockMovement> alone;
      StockBook single = BookOf(levels);
      EXPECT_EQ(batch.Reserve(warehouse_, items, in_batch).size(), single.Reserve(warehouse_, items, alone).size());
      EXPECT_EQ(in_batch.size(), alone.size());
      for (const auto& changed : single.ChangedLevels()) levels[changed.key] = changed.level;
    }
    for (const auto& [key, level] : levels) EXPECT_EQ(batch.Find(key).value_or(StockLevel{}), level);
  }
}

}  // namespace
}  // namespace logistics::domain
