#include <atomic>

#include "contract/store_contract.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"

namespace logistics::contract {
namespace {

using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using fakes::kRefused;

domain::Product ProductNamed(const domain::ProductId& id, const std::string& sku, const std::string& category) {
  const absl::Time made = absl::FromUnixMicros(1'700'000'000'654'321);
  return {id,   sku, "Name \xE2\x82\xAC", "said \"so\", \\ and 'so'", category, {{"colour", "red"}, {"a b", ""}},
          made, made};
}

TEST_P(StoreContract, CreateProduct_EveryField_IsReadBack) {
  const domain::Product product = ProductNamed(New<domain::ProductId>(), "BOX", "tools");
  EXPECT_THAT(stock().CreateProduct(product, {}), IsOkAndHolds(product));
  EXPECT_THAT(stock().GetProduct(product.id, {}), IsOkAndHolds(product));
  EXPECT_THAT(stock().Levels({product.id}, {}, {}), IsOkAndHolds(IsEmpty())) << "a level begins with an adjustment";
  EXPECT_THAT(harness().Events(), IsEmpty());
}

TEST_P(StoreContract, CreateProduct_SkuTaken_AlreadyExists) {
  const domain::Product first = ProductNamed(New<domain::ProductId>(), "BOX", "tools");
  ASSERT_THAT(stock().CreateProduct(first, {}), IsOk());
  const domain::Product second = ProductNamed(New<domain::ProductId>(), "BOX", "toys");
  EXPECT_THAT(stock().CreateProduct(second, {}), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(stock().GetProduct(second.id, {}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(stock().GetProduct(first.id, {}), IsOkAndHolds(first));
}

TEST_P(StoreContract, CreateProduct_OneSkuManyAtOnce_OneIsMade) {
  std::atomic<int> made = 0;
  AtOnce(16, [&](int) {
    const auto product = stock().CreateProduct(ProductNamed(New<domain::ProductId>(), "BOX", ""), {});
    if (product.ok()) {
      ++made;
    } else {
      EXPECT_THAT(product, StatusIs(absl::StatusCode::kAlreadyExists));
    }
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(stock().ListProducts("", 1, 10, {})->total_count, 1);
}

TEST_P(StoreContract, GetProduct_Unknown_IsNotFound) {
  EXPECT_THAT(stock().GetProduct(New<domain::ProductId>(), {}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContract, ListProducts_BySku_PagedAndByCategory_WithHonestTotals) {
  const auto skus = [&](const std::string& category, int page, int page_size, std::int64_t total) {
    const auto found = stock().ListProducts(category, page, page_size, {});
    EXPECT_THAT(found, IsOk());
    std::string joined;
    if (!found.ok()) return joined;
    EXPECT_EQ(found->total_count, total);
    for (const domain::Product& product : found->products) joined += product.sku;
    return joined;
  };
  EXPECT_EQ(skus("", 1, 10, 0), "");
  for (const char* sku : {"D", "B", "A", "E", "C"}) {
    const std::string category = *sku < 'C' ? "tools" : "toys";
    ASSERT_THAT(stock().CreateProduct(ProductNamed(New<domain::ProductId>(), sku, category), {}), IsOk());
  }
  EXPECT_EQ(skus("", 1, 10, 5), "ABCDE");
  EXPECT_EQ(skus("", 1, 2, 5), "AB");
  EXPECT_EQ(skus("", 3, 2, 5), "E");
  EXPECT_EQ(skus("", 4, 2, 5), "");
  EXPECT_EQ(skus("tools", 1, 10, 2), "AB");
  EXPECT_EQ(skus("toys", 2, 2, 3), "E");
  EXPECT_EQ(skus("food", 1, 10, 0), "");
}

TEST_P(StoreContract, Adjust_ChangesTheQuantity_AndTellsThePhysicalOne) {
  const auto box = ProductWith("BOX", 0);
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow first, stock().Adjust({Key(box), 10, "delivery", "D-1"}, {}));
  EXPECT_EQ(first.key, Key(box));
  EXPECT_EQ(first.level, (domain::StockLevel{10, 0}));
  Placed({{box, 4}});
  NewEvents();
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow second, stock().Adjust({Key(box), -3, "broken", ""}, {}));
  EXPECT_EQ(second.level, (domain::StockLevel{7, 4}));
  const auto events = NewEvents();
  ASSERT_THAT(events, SizeIs(1));
  const auto& updated = std::get<domain::InventoryUpdated>(events[0].data);
  EXPECT_EQ(updated.product_id, box);
  EXPECT_EQ(updated.sku, "BOX");
  EXPECT_EQ(updated.previous_quantity, 10) << "holds are no physical change";
  EXPECT_EQ(updated.new_quantity, 7);
  EXPECT_EQ(updated.warehouse_id, warehouse());
  EXPECT_EQ(updated.reason, "broken");
  EXPECT_EQ(harness().Movements(Key(box)).back().cause, domain::MovementCause::kAdjust);
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Adjust_OutOfBounds_IsRefusedWithTheNumbersAndChangesNothing) {
  const auto box = ProductWith("BOX", 10);
  Placed({{box, 6}});
  NewEvents();
  const auto adjust = [&](std::int64_t delta) { return stock().Adjust({Key(box), delta, "count", ""}, {}); };
  EXPECT_THAT(adjust(-11), StatusIs(kRefused, AllOf(HasSubstr("quantity 10"), HasSubstr("reserved 6"))));
  EXPECT_THAT(adjust(-5), StatusIs(kRefused, AllOf(HasSubstr("quantity 10"), HasSubstr("reserved 6"))));
  EXPECT_THAT(adjust(domain::kStockQuantityMax - 9), StatusIs(kRefused, HasSubstr("2147483647")));
  EXPECT_THAT(domain::ConditionViolationsOf(adjust(-5).status()), SizeIs(1));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 6}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(adjust(-4), IsOk());
  EXPECT_THAT(adjust(domain::kStockQuantityMax - 6), IsOk());
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{domain::kStockQuantityMax, 6}));
}

TEST_P(StoreContract, Adjust_ByNothing_TellsNothing) {
  const auto box = ProductWith("BOX", 10);
  NewEvents();
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow row, stock().Adjust({Key(box), 0, "count", ""}, {}));
  EXPECT_EQ(row.level, (domain::StockLevel{10, 0}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(harness().Movements(Key(box)), SizeIs(1));
}

TEST_P(StoreContract, Adjust_ANewLevelByNothing_IsStoredAsItIsAnswered) {
  const domain::ProductId box = ProductWith("BOX", 0);
  EXPECT_THAT(stock().Adjust({Key(box), 0, "nothing", ""}, {}), IsOk());
  const auto levels = stock().Levels({box}, {warehouse()}, {});
  ASSERT_THAT(levels, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(levels->front().level, (domain::StockLevel{0, 0}));
}

TEST_P(StoreContract, Adjust_FirstOfALevelBelowZero_MakesNoLevel) {
  const auto box = ProductWith("BOX", 0);
  EXPECT_THAT(stock().Adjust({Key(box), -1, "count", ""}, {}), StatusIs(kRefused));
  EXPECT_THAT(stock().Levels({box}, {}, {}), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, Adjust_UnknownProduct_IsNotFound) {
  const domain::LevelKey key{New<domain::ProductId>(), warehouse()};
  EXPECT_THAT(stock().Adjust({key, 1, "count", ""}, {}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(stock().Levels({}, {}, {}), IsOkAndHolds(IsEmpty()));
}

TEST_P(StoreContract, Adjust_OneLevelManyAtOnce_LosesNothingAndTellsAChain) {
  const auto box = ProductWith("BOX", 100);
  NewEvents();
  AtOnce(64, [&](int i) { EXPECT_THAT(stock().Adjust({Key(box), i % 2 == 0 ? 3 : -1, "count", ""}, {}), IsOk()); });
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{164, 0}));
  std::int64_t quantity = 100;
  for (const domain::Event& event : NewEvents()) {
    const auto& updated = std::get<domain::InventoryUpdated>(event.data);
    EXPECT_EQ(updated.previous_quantity, quantity);
    quantity = updated.new_quantity;
  }
  EXPECT_EQ(quantity, 164);
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Levels_FilteredByProductsAndWarehouses_SortedByKey) {
  const auto here = warehouse();
  const auto there = New<domain::WarehouseId>();
  std::vector<domain::ProductId> products;
  for (const char* sku : {"C", "A", "B"}) products.push_back(ProductWith(sku, 0));
  for (const domain::ProductId& product : {products[2], products[0], products[1]}) {
    for (const domain::WarehouseId& place : {there, here}) {
      ASSERT_THAT(stock().Adjust({{product, place}, 5, "delivery", ""}, {}), IsOk());
    }
  }
  const auto keys = [&](const std::vector<domain::ProductId>& of, const std::vector<domain::WarehouseId>& in) {
    std::vector<domain::LevelKey> found;
    const auto rows = stock().Levels(of, in, {});
    EXPECT_THAT(rows, IsOk());
    if (!rows.ok()) return found;
    for (const ports::LevelRow& row : *rows) {
      EXPECT_EQ(row.level, (domain::StockLevel{5, 0}));
      found.push_back(row.key);
    }
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    return found;
  };
  EXPECT_THAT(keys({}, {}), SizeIs(6));
  EXPECT_THAT(keys({}, {here}), SizeIs(3));
  EXPECT_THAT(keys({products[0], products[2]}, {}), SizeIs(4)) << "all ids, not only the first";
  EXPECT_THAT(keys({products[0], products[2]}, {here, there}), SizeIs(4));
  EXPECT_THAT(keys({products[1], products[1]}, {there}), SizeIs(1)) << "asked twice is answered once";
  EXPECT_THAT(keys({New<domain::ProductId>()}, {}), IsEmpty());
  EXPECT_THAT(keys({products[0]}, {New<domain::WarehouseId>()}), IsEmpty());
}

TEST_P(StoreContract, Adjust_SameRequestIdAgain_ChangesNothingAndAnswersTheLevel) {
  const auto box = ProductWith("BOX", 0);
  const ports::StockAdjustment delivery{Key(box), 10, "delivery", "D-1", "the id"};
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow first, stock().Adjust(delivery, {}));
  EXPECT_EQ(first.level, (domain::StockLevel{10, 0}));
  Placed({{box, 4}});
  NewEvents();
  ASSERT_OK_AND_ASSIGN(const ports::LevelRow again, stock().Adjust(delivery, {}));
  EXPECT_EQ(again.key, Key(box));
  EXPECT_EQ(again.level, (domain::StockLevel{10, 4}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  ExpectLedgersSumToLevels({box});
}

TEST_P(StoreContract, Adjust_SameRequestIdWithOtherNumbers_AlreadyExists) {
  const auto box = ProductWith("BOX", 10);
  const auto lamp = ProductWith("LAMP", 10);
  ASSERT_THAT(stock().Adjust({Key(box), 5, "", "", "the id"}, {}), IsOk());
  constexpr auto kExists = absl::StatusCode::kAlreadyExists;
  EXPECT_THAT(stock().Adjust({Key(box), 6, "", "", "the id"}, {}), StatusIs(kExists, HasSubstr("the id")));
  EXPECT_THAT(stock().Adjust({Key(lamp), 5, "", "", "the id"}, {}), StatusIs(kExists));
  EXPECT_THAT(stock().Adjust({{box, New<domain::WarehouseId>()}, 5, "", "", "the id"}, {}), StatusIs(kExists));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{15, 0}));
  EXPECT_EQ(LevelOf(lamp), (domain::StockLevel{10, 0}));
}

TEST_P(StoreContract, Adjust_Refused_LeavesItsRequestIdFree) {
  const auto box = ProductWith("BOX", 10);
  EXPECT_THAT(stock().Adjust({Key(box), -11, "", "", "the id"}, {}), StatusIs(kRefused));
  ASSERT_THAT(stock().Adjust({Key(box), -10, "", "", "the id"}, {}), IsOk());
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{0, 0}));
}

TEST_P(StoreContract, Adjust_SameRequestIdFromManyCallers_IsAppliedOnce) {
  const auto box = ProductWith("BOX", 1);
  AtOnce(32, [&](int i) {
    EXPECT_THAT(stock().Adjust({Key(box), 3, "", "", "id " + std::to_string(i % 4)}, {}), IsOk());
  });
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{13, 0}));
  ExpectLedgersSumToLevels({box});
}

}  // namespace
}  // namespace logistics::contract
