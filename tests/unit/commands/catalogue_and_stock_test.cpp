// CreateProduct and AdjustStock.
#include "logistics/domain/limits.hpp"
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::StockLevel;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::kRefused;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CreateProductTest : public CommandTest {
 protected:
  domain::Product Lamp() { return {domain::ProductId(ids_.NewId()), "LAMP", "A lamp", "", "", {}, now_, now_}; }
};

TEST_F(CreateProductTest, FreeSku_IsAnsweredAsStored) {
  Claimed(Claim::kWon);
  const domain::Product lamp = Lamp();
  EXPECT_THAT(Run(CreateProduct{lamp}), IsOkAndHolds(lamp));
  EXPECT_THAT(effects_.new_products, ElementsAre(lamp));
}

TEST_F(CreateProductTest, TakenSku_IsRefused) {
  Claimed(Claim::kLostOther);
  EXPECT_THAT(Run(CreateProduct{Lamp()}), StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("sku \"LAMP\"")));
  EXPECT_TRUE(effects_.empty());
  EXPECT_THAT(unused_keys_, IsEmpty());
}

TEST_F(CreateProductTest, SkuThatWasNotClaimed_IsRefused) {
  EXPECT_THAT(Run(CreateProduct{Lamp()}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(effects_.empty());
}

class AdjustStockTest : public CommandTest {
 protected:
  absl::StatusOr<ports::LevelRow> Adjust(const domain::ProductId& product, std::int64_t delta) {
    return Run(AdjustStock{{Key(product), delta, "count", "sheet 7"}});
  }
};

TEST_F(AdjustStockTest, ChangesTheQuantity_WithMovementAndEvent) {
  const domain::ProductId box = Product("BOX", StockLevel{10, 3});
  EXPECT_THAT(Adjust(box, -7), IsOkAndHolds(ports::LevelRow{Key(box), {3, 3}, now_}));
  ASSERT_THAT(effects_.movements, SizeIs(1));
  EXPECT_EQ(effects_.movements[0].reference, "sheet 7");
  EXPECT_EQ(effects_.movements[0].reservation_id, std::nullopt);
  ASSERT_THAT(EventTypes(), ElementsAre("InventoryUpdated"));
  const auto& event = std::get<domain::InventoryUpdated>(effects_.outbox[0].event.data);
  EXPECT_EQ(event.previous_quantity, 10);
  EXPECT_EQ(event.new_quantity, 3);
  EXPECT_EQ(event.reason, "count");
  EXPECT_EQ(LevelOf(box), (StockLevel{3, 3}));
}

TEST_F(AdjustStockTest, FirstOfItsKind_CreatesTheLevel) {
  const domain::ProductId box = Product("BOX");
  ASSERT_THAT(Adjust(box, 5), IsOk());
  EXPECT_TRUE(effects_.levels.at(Key(box)).created);
}

TEST_F(AdjustStockTest, ByZero_CreatesAnEmptyLevelAndMovesNothing) {
  const domain::ProductId box = Product("BOX");
  EXPECT_THAT(Adjust(box, 0), IsOkAndHolds(ports::LevelRow{Key(box), {0, 0}, now_}));
  EXPECT_FALSE(effects_.empty()) << "a level that is answered is a level that is stored";
  EXPECT_THAT(effects_.levels, SizeIs(1));
  EXPECT_THAT(effects_.movements, IsEmpty());
  ASSERT_THAT(Adjust(box, 0), IsOk());
}

struct AdjustRefusal {
  const char* name;
  bool known;
  std::int64_t delta;
  absl::StatusCode code;
  const char* message;
};
class AdjustRefusalTest : public AdjustStockTest, public testing::WithParamInterface<AdjustRefusal> {};

TEST_P(AdjustRefusalTest, LeavesNothing) {
  const domain::ProductId box = Product("BOX", StockLevel{10, 3});
  const domain::ProductId product = GetParam().known ? box : domain::ProductId(ids_.NewId());
  EXPECT_THAT(Adjust(product, GetParam().delta), StatusIs(GetParam().code, HasSubstr(GetParam().message)));
  EXPECT_TRUE(effects_.empty());
  EXPECT_EQ(LevelOf(box), (StockLevel{10, 3}));
}

INSTANTIATE_TEST_SUITE_P(
    Each, AdjustRefusalTest,
    testing::Values(AdjustRefusal{"UnknownProduct", false, 1, absl::StatusCode::kNotFound, "does not exist"},
                    AdjustRefusal{"BelowZero", true, -11, kRefused, "below 0"},
                    AdjustRefusal{"BelowWhatIsReserved", true, -8, kRefused, "below what is reserved"},
                    AdjustRefusal{"AboveTheLimit", true, domain::kStockQuantityMax, kRefused, "above the limit"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace logistics::commands
