#include "logistics/commands/create_order.hpp"

#include "logistics/domain/errors.hpp"
#include "unit/commands/command_fixture.hpp"

namespace logistics::commands {
namespace {

using domain::OrderStatus;
using domain::ReservationState;
using domain::StockLevel;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::kRefused;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CreateOrderTest : public CommandTest {
 protected:
  const domain::ProductId box_ = Product("BOX", StockLevel{10, 1});
  const domain::ProductId lamp_ = Product("LAMP", StockLevel{5, 0});

  void ExpectNothingChanged() {
    EXPECT_TRUE(effects_.empty());
    EXPECT_EQ(LevelOf(box_), (StockLevel{10, 1}));
    EXPECT_EQ(LevelOf(lamp_), (StockLevel{5, 0}));
  }
};

TEST_F(CreateOrderTest, InStock_StoresOrderReservationHistoryMovementsAndEvents) {
  const domain::NewOrder wanted = OrderOf({{box_, 2}, {lamp_, 3}, {box_, 1}});
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Run(CreateOrder{wanted}));
  EXPECT_EQ(order.created_at, now_);
  EXPECT_EQ(order.lines[0].sku, "BOX");
  EXPECT_THAT(effects_.new_orders, ElementsAre(order));
  ASSERT_THAT(effects_.new_reservations, SizeIs(1));
  EXPECT_EQ(effects_.new_reservations[0].state, ReservationState::kHeld);
  EXPECT_THAT(effects_.new_reservations[0].items, SizeIs(2)) << "pieces of one product are summed";
  ASSERT_THAT(effects_.history, SizeIs(1));
  EXPECT_EQ(effects_.history[0].version, 1);
  EXPECT_EQ(effects_.history[0].previous, std::nullopt);
  EXPECT_THAT(effects_.movements, SizeIs(2));
  EXPECT_THAT(EventTypes(), ElementsAre("OrderCreated", "InventoryReserved"));
  EXPECT_EQ(effects_.outbox[0].cause.correlation_id, "correlation");
  EXPECT_EQ(effects_.outbox[1].cause.traceparent, "trace");
  EXPECT_EQ(effects_.levels.at(Key(box_)).level, (StockLevel{10, 4}));
  EXPECT_EQ(LevelOf(lamp_), (StockLevel{5, 3}));
  EXPECT_EQ(*state_.FindOrder(order.id), order);
  EXPECT_TRUE(effects_.payments.empty());
}

TEST_F(CreateOrderTest, Paid_IsRecordedAndGoesOnToProcessing) {
  ASSERT_OK_AND_ASSIGN(const domain::Order order, Run(CreateOrder{OrderOf({{box_, 1}}, "", true)}));
  EXPECT_EQ(order.status, OrderStatus::kProcessing);
  EXPECT_EQ(order.version, 2);
  EXPECT_THAT(effects_.history, SizeIs(2));
  ASSERT_THAT(effects_.payments, SizeIs(1));
  EXPECT_EQ(effects_.payments[0].message_id, std::nullopt);
  EXPECT_THAT(EventTypes(), ElementsAre("OrderCreated", "InventoryReserved", "OrderStatusChanged"));
}

TEST_F(CreateOrderTest, CommitOnCreated_TakesTheStockOutOfTheBooks) {
  policy_.commit_on = domain::CommitOn::kCreated;
  ASSERT_THAT(Run(CreateOrder{OrderOf({{box_, 2}})}), IsOk());
  EXPECT_EQ(LevelOf(box_), (StockLevel{8, 1}));
  EXPECT_EQ(effects_.new_reservations[0].state, ReservationState::kCommitted);
  EXPECT_THAT(effects_.movements, SizeIs(2));
  EXPECT_THAT(EventTypes(), ElementsAre("OrderCreated", "InventoryReserved", "InventoryUpdated"));
}

TEST_F(CreateOrderTest, KeyThatMadeThisOrder_AnswersItAndWritesNothing) {
  const domain::Order made = Stored({{box_, 1}}, OrderStatus::kShipped);
  Claimed(Claim::kLostSame, made);
  EXPECT_THAT(Run(CreateOrder{OrderOf({{box_, 1}}, "key")}), IsOkAndHolds(made));
  ExpectNothingChanged();
  EXPECT_THAT(unused_keys_, IsEmpty());
}

class CreateOrderRefusalTest;
struct CreateRefusal {
  const char* name;
  absl::StatusCode code;
  const char* message;
  domain::NewOrder (CreateOrderRefusalTest::*order)();
  std::optional<Claim> claim;
  bool frees_its_key = false;
};

class CreateOrderRefusalTest : public CreateOrderTest, public testing::WithParamInterface<CreateRefusal> {
 public:
  domain::NewOrder Short() { return OrderOf({{lamp_, 1}, {box_, 10}}, "key"); }
  domain::NewOrder UnknownProduct() { return OrderOf({{domain::ProductId(ids_.NewId()), 1}}, "key"); }
  domain::NewOrder TwoProducts() {
    domain::NewOrder order = OrderOf({{box_, 1}}, "key");
    order.order.lines[0].sku = "LAMP";
    return order;
  }
  domain::NewOrder Fine() { return OrderOf({{box_, 1}}, "key"); }
};

TEST_P(CreateOrderRefusalTest, LeavesNothing) {
  if (GetParam().claim) Claimed(*GetParam().claim);
  EXPECT_THAT(Run(CreateOrder{(this->*GetParam().order)()}), StatusIs(GetParam().code, HasSubstr(GetParam().message)));
  ExpectNothingChanged();
  EXPECT_EQ(unused_keys_.size(), GetParam().frees_its_key ? 1U : 0U);
}

constexpr auto kShort = &CreateOrderRefusalTest::Short;
constexpr auto kUnknown = &CreateOrderRefusalTest::UnknownProduct;
constexpr auto kTwo = &CreateOrderRefusalTest::TwoProducts;
constexpr auto kFine = &CreateOrderRefusalTest::Fine;

INSTANTIATE_TEST_SUITE_P(
    Each, CreateOrderRefusalTest,
    testing::Values(
        CreateRefusal{"ShortOfStock", kRefused, "wanted 10, available 9", kShort, std::nullopt},
        CreateRefusal{"ShortOfStock_FreesItsKey", kRefused, "stock is short", kShort, Claim::kWon, true},
        CreateRefusal{"UnknownProduct", absl::StatusCode::kNotFound, "does not exist", kUnknown, std::nullopt},
        CreateRefusal{"UnknownProduct_FreesItsKey", absl::StatusCode::kNotFound, "does not exist", kUnknown,
                      Claim::kWon, true},
        CreateRefusal{"IdAndSkuOfTwoProducts", absl::StatusCode::kInvalidArgument, "is not the sku", kTwo,
                      std::nullopt},
        CreateRefusal{"KeyOfAnotherOrder", absl::StatusCode::kAlreadyExists, "made another order", kFine,
                      Claim::kLostOther},
        CreateRefusal{"KeyThatIsBeingDecided", absl::StatusCode::kUnavailable, "try again", kFine, Claim::kLostGone}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace logistics::commands
