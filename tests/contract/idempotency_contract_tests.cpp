#include <mutex>
#include <set>

#include "contract/store_contract.hpp"

namespace logistics::contract {
namespace {

using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreContract, Key_SamePayload_AnswersTheOrderThatWasMade) {
  const auto box = ProductWith("BOX", 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order first, Create(OrderOf({{box, 2}}, "key")));
  NewEvents();
  const domain::NewOrder again = OrderOf({{box, 2}}, "key");
  ASSERT_NE(again.order.id, first.id);
  EXPECT_THAT(Create(again), IsOkAndHolds(first));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 2}));
  EXPECT_THAT(NewEvents(), IsEmpty());
  EXPECT_THAT(orders().Get(again.order.id, {}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContract, Key_RepeatedAfterChanges_AnswersTheOrderAsItStandsNow) {
  const auto box = ProductWith("BOX", 2);
  ASSERT_OK_AND_ASSIGN(const domain::Order first, Create(OrderOf({{box, 2}}, "key")));
  const domain::Order now = Walked(first, {OrderStatus::kProcessing, OrderStatus::kShipped});
  NewEvents();
  EXPECT_THAT(Create(OrderOf({{box, 2}}, "key")), IsOkAndHolds(now)) << "also with no stock left";
  EXPECT_EQ(now.version, 3);
  EXPECT_THAT(NewEvents(), IsEmpty());
}

TEST_P(StoreContract, Key_OtherPayload_AlreadyExists) {
  const auto box = ProductWith("BOX", 10);
  ASSERT_THAT(Create(OrderOf({{box, 2}}, "key")), IsOk());
  EXPECT_THAT(Create(OrderOf({{box, 3}}, "key")), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{10, 2}));
}

TEST_P(StoreContract, Key_OfAnotherCustomer_IsAnotherKey) {
  const auto box = ProductWith("BOX", 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order first, Create(OrderOf({{box}}, "key")));
  domain::NewOrder other = OrderOf({{box}}, "key");
  other.order.customer_id = New<domain::CustomerId>();
  ASSERT_OK_AND_ASSIGN(const domain::Order second, Create(other));
  EXPECT_NE(first.id, second.id);
}

TEST_P(StoreContract, WithoutKey_EachCallMakesAnOrder) {
  const auto box = ProductWith("BOX", 10);
  ASSERT_OK_AND_ASSIGN(const domain::Order first, Create(OrderOf({{box}})));
  ASSERT_OK_AND_ASSIGN(const domain::Order second, Create(OrderOf({{box}})));
  EXPECT_NE(first.id, second.id);
}

TEST_P(StoreContract, Key_OfARefusedOrder_StaysFree) {
  const auto box = ProductWith("BOX", 1);
  EXPECT_THAT(Create(OrderOf({{box, 5}}, "key")), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Create(OrderOf({{New<domain::ProductId>()}}, "key")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Create(OrderOf({{box, 1}}, "key")), IsOk()) << "another payload, the first that succeeds";
  EXPECT_THAT(Create(OrderOf({{box, 5}}, "key")), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_P(StoreContract, Key_64AtOnce_MakeOneOrder) {
  const auto box = ProductWith("BOX", 1000);
  std::vector<domain::NewOrder> wanted;
  for (int i = 0; i < 64; ++i) wanted.push_back(OrderOf({{box, 3}}, "key"));
  NewEvents();
  std::mutex mutex;
  std::set<domain::OrderId> made;
  AtOnce(64, [&](int i) {
    const auto order = Create(wanted[static_cast<std::size_t>(i)]);
    EXPECT_THAT(order, IsOk());
    const std::scoped_lock lock(mutex);
    if (order.ok()) made.insert(order->id);
  });
  EXPECT_THAT(made, SizeIs(1));
  EXPECT_EQ(LevelOf(box), (domain::StockLevel{1000, 3}));
  EXPECT_THAT(NewEventTypes(), testing::ElementsAre("OrderCreated", "InventoryReserved"));
}

TEST_P(StoreContract, Key_TwoPayloadsAtOnce_OnePayloadWins) {
  const auto box = ProductWith("BOX", 1000);
  std::vector<domain::NewOrder> wanted;
  for (int i = 0; i < 32; ++i) wanted.push_back(OrderOf({{box, 1 + i % 2}}, "key"));
  std::mutex mutex;
  std::set<domain::OrderId> made;
  int refused = 0;
  AtOnce(32, [&](int i) {
    const auto order = Create(wanted[static_cast<std::size_t>(i)]);
    const std::scoped_lock lock(mutex);
    if (order.ok()) {
      made.insert(order->id);
    } else {
      EXPECT_THAT(order, StatusIs(absl::StatusCode::kAlreadyExists));
      ++refused;
    }
  });
  EXPECT_THAT(made, SizeIs(1));
  EXPECT_EQ(refused, 16);
}

}  // namespace
}  // namespace logistics::contract
