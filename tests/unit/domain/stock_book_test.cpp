#include <gmock/gmock.h>

#include <limits>

#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/order.hpp"
#include "logistics/domain/stock.hpp"

namespace logistics::domain {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using fakes::kRefused;

class StockBookTest : public testing::Test {
 protected:
  LevelKey Key(const ProductId& product) const { return {product, warehouse_}; }
  void Load(const ProductId& product, std::int64_t quantity, std::int64_t reserved) {
    book_.Load(Key(product), {quantity, reserved});
  }
  std::vector<StockItem> Items(std::int32_t of_a, std::int32_t of_b) const {
    return {{a_, "A", of_a}, {b_, "B", of_b}};
  }

  fakes::SequentialIds ids_;
  const WarehouseId warehouse_{ids_.NewId()};
  const ProductId a_{ids_.NewId()};
  const ProductId b_{ids_.NewId()};
  StockBook book_;
  std::vector<StockMovement> movements_;
};

TEST_F(StockBookTest, Reserve_EnoughOfAll_HoldsAndSaysSo) {
  Load(a_, 10, 4);
  Load(b_, 5, 0);
  EXPECT_THAT(book_.Reserve(warehouse_, Items(6, 5), movements_), IsEmpty());
  EXPECT_EQ(book_.Find(Key(a_)), (StockLevel{10, 10}));
  EXPECT_EQ(book_.Find(Key(b_)), (StockLevel{5, 5}));
  ASSERT_THAT(movements_, SizeIs(2));
  EXPECT_EQ(movements_[0].key, Key(a_));
  EXPECT_EQ(movements_[0].quantity_delta, 0);
  EXPECT_EQ(movements_[0].reserved_delta, 6);
  EXPECT_EQ(movements_[0].quantity_after, 10);
  EXPECT_EQ(movements_[0].reserved_after, 10);
  EXPECT_EQ(movements_[0].cause, MovementCause::kReserve);
}

TEST_F(StockBookTest, Reserve_OneShort_HoldsNothingAndNamesEachShortItem) {
  Load(a_, 10, 0);
  const ProductId unknown(ids_.NewId());
  std::vector<StockItem> items = Items(11, 1);
  items.push_back({unknown, "U", 2});
  const auto shortages = book_.Reserve(warehouse_, items, movements_);
  ASSERT_THAT(shortages, SizeIs(3));
  EXPECT_EQ(shortages[0].wanted, items[0]);
  EXPECT_EQ(shortages[0].available, 10);
  EXPECT_EQ(shortages[2].available, 0);
  EXPECT_THAT(movements_, IsEmpty());
  EXPECT_THAT(book_.ChangedLevels(), IsEmpty());
  EXPECT_FALSE(book_.Find(Key(unknown)));
}

TEST_F(StockBookTest, Reserve_InAnotherWarehouse_FindsNothing) {
  Load(a_, 10, 0);
  EXPECT_THAT(book_.Reserve(WarehouseId(ids_.NewId()), std::vector<StockItem>{{a_, "A", 1}}, movements_), SizeIs(1));
}

TEST_F(StockBookTest, ReleaseAndCommit_UndoAndTakeOutWhatWasHeld) {
  Load(a_, 10, 6);
  Load(b_, 5, 5);
  EXPECT_THAT(book_.Release(warehouse_, Items(2, 1), movements_), IsOk());
  EXPECT_EQ(book_.Find(Key(a_)), (StockLevel{10, 4}));
  EXPECT_THAT(book_.Commit(warehouse_, Items(4, 4), movements_), IsOk());
  EXPECT_EQ(book_.Find(Key(a_)), (StockLevel{6, 0}));
  EXPECT_EQ(book_.Find(Key(b_)), (StockLevel{1, 0}));
  ASSERT_THAT(movements_, SizeIs(4));
  EXPECT_EQ(movements_[2].quantity_delta, -4);
  EXPECT_EQ(movements_[2].reserved_delta, -4);
  EXPECT_EQ(movements_[2].cause, MovementCause::kCommit);
}

TEST_F(StockBookTest, ReleaseOrCommit_MoreThanIsHeld_IsInternalAndChangesNothing) {
  Load(a_, 10, 6);
  Load(b_, 5, 1);
  EXPECT_THAT(book_.Release(warehouse_, Items(2, 2), movements_), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(book_.Commit(warehouse_, Items(2, 2), movements_), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(book_.Release(WarehouseId(), Items(1, 1), movements_), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(movements_, IsEmpty());
  EXPECT_THAT(book_.ChangedLevels(), IsEmpty());
}

TEST_F(StockBookTest, Restock_RaisesTheQuantity_AlsoOfALevelThatIsNotThere) {
  Load(a_, 10, 6);
  EXPECT_THAT(book_.Restock(warehouse_, Items(3, 2), movements_), IsOk());
  EXPECT_EQ(book_.Find(Key(a_)), (StockLevel{13, 6}));
  const auto changed = book_.ChangedLevels();
  ASSERT_THAT(changed, SizeIs(2));
  EXPECT_FALSE(changed[0].created);
  EXPECT_TRUE(changed[1].created);
  EXPECT_EQ(changed[1].level, (StockLevel{2, 0}));
}

TEST_F(StockBookTest, Restock_AboveTheLimit_IsRefusedWhole) {
  Load(a_, 10, 0);
  Load(b_, kStockQuantityMax - 1, 0);
  EXPECT_THAT(book_.Restock(warehouse_, Items(1, 2), movements_), StatusIs(kRefused, HasSubstr("2147483647")));
  EXPECT_THAT(book_.ChangedLevels(), IsEmpty());
  EXPECT_THAT(book_.Restock(warehouse_, Items(1, 1), movements_), IsOk());
}

TEST_F(StockBookTest, Adjust_OutOfBounds_IsRefusedWithTheNumbers) {
  Load(a_, 10, 6);
  const auto adjust = [this](std::int64_t delta) { return book_.Adjust(Key(a_), delta, movements_); };
  EXPECT_THAT(adjust(-11), StatusIs(kRefused, HasSubstr("below 0: quantity 10, reserved 6, available 4")));
  EXPECT_THAT(adjust(-5), StatusIs(kRefused, HasSubstr("below what is reserved: quantity 10, reserved 6")));
  EXPECT_THAT(adjust(kStockQuantityMax - 9), StatusIs(kRefused, HasSubstr("above the limit of 2147483647")));
  EXPECT_THAT(adjust(std::numeric_limits<std::int64_t>::max()), StatusIs(kRefused));
  EXPECT_THAT(adjust(std::numeric_limits<std::int64_t>::min()), StatusIs(kRefused));
  EXPECT_EQ(ConditionViolationsOf(adjust(-5))[0].type, "STOCK");
  EXPECT_EQ(ConditionViolationsOf(adjust(-5))[0].subject, a_.ToString());
  EXPECT_THAT(book_.ChangedLevels(), IsEmpty());
  EXPECT_THAT(movements_, IsEmpty());
  EXPECT_THAT(adjust(-4), IsOk());
  EXPECT_THAT(adjust(kStockQuantityMax - 6), IsOk());
  EXPECT_EQ(book_.Find(Key(a_)), (StockLevel{kStockQuantityMax, 6}));
}

TEST_F(StockBookTest, Adjust_FirstOfALevel_MakesIt) {
  EXPECT_THAT(book_.Adjust(Key(a_), -1, movements_), StatusIs(kRefused));
  EXPECT_FALSE(book_.Find(Key(a_)));
  EXPECT_THAT(book_.Adjust(Key(a_), 3, movements_), IsOk());
  EXPECT_THAT(book_.Adjust(Key(a_), -3, movements_), IsOk());
  const auto changed = book_.ChangedLevels();
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_TRUE(changed[0].created);
  EXPECT_EQ(changed[0].level, StockLevel());
  EXPECT_THAT(movements_, SizeIs(2));
}

TEST_F(StockBookTest, Adjust_ByNothing_MovesNothing) {
  Load(a_, 10, 6);
  EXPECT_THAT(book_.Adjust(Key(a_), 0, movements_), IsOk());
  EXPECT_THAT(book_.ChangedLevels(), IsEmpty());
  EXPECT_THAT(movements_, IsEmpty());
}

TEST_F(StockBookTest, ChangedLevels_AreSortedByKey_WithoutTheUntouched) {
  const ProductId c(ids_.NewId());
  Load(c, 5, 0);
  Load(b_, 5, 0);
  Load(a_, 5, 0);
  EXPECT_THAT(book_.Reserve(warehouse_, std::vector<StockItem>{{c, "C", 1}}, movements_), IsEmpty());
  EXPECT_THAT(book_.Reserve(warehouse_, std::vector<StockItem>{{a_, "A", 1}}, movements_), IsEmpty());
  const auto changed = book_.ChangedLevels();
  ASSERT_THAT(changed, SizeIs(2));
  EXPECT_EQ(changed[0].key, Key(a_));
  EXPECT_EQ(changed[1].key, Key(c));
}

TEST_F(StockBookTest, ShortStockError_NamesEachItemWithWantedAndAvailable) {
  const absl::Status status = ShortStockError(std::vector<StockShortage>{{{a_, "A", 5}, 3}, {{b_, "", 2}, 0}});
  EXPECT_THAT(status, StatusIs(kRefused, HasSubstr("wanted 5, available 3")));
  EXPECT_THAT(ConditionViolationsOf(status),
              ElementsAre(ConditionViolation{"STOCK", a_.ToString(), "wanted 5, available 3, sku A"},
                          ConditionViolation{"STOCK", b_.ToString(), "wanted 2, available 0"}));
}

TEST_F(StockBookTest, SumByProduct_OneEntryAProduct_SortedByProduct) {
  const std::vector<OrderLine> lines = {
      {b_, "B", "", 2, 0, 0}, {a_, "", "", 1, 0, 0}, {b_, "B", "", 3, 0, 0}, {a_, "A", "", 4, 0, 0}};
  EXPECT_THAT(SumByProduct(lines), ElementsAre(StockItem{a_, "A", 5}, StockItem{b_, "B", 5}));
  EXPECT_THAT(SumByProduct({}), IsEmpty());
}

TEST(MovementCause, Names_AreTheLedgersWords) {
  EXPECT_EQ(MovementCauseName(MovementCause::kReserve), "reserve");
  EXPECT_EQ(MovementCauseName(MovementCause::kRelease), "release");
  EXPECT_EQ(MovementCauseName(MovementCause::kCommit), "commit");
  EXPECT_EQ(MovementCauseName(MovementCause::kAdjust), "adjust");
  EXPECT_EQ(MovementCauseName(MovementCause::kRestock), "restock");
}

}  // namespace
}  // namespace logistics::domain
