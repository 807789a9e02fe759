// How much of a large table a list counts and sorts.
#include <functional>
#include <set>

#include "contract/store_contract.hpp"
#include "fakes/bad_fields.hpp"

namespace logistics::contract {
namespace {

using domain::Order;
using domain::OrderStatus;
using fakes::BadFields;
using fakes::IsOk;
using ports::OrderQuery;
using ports::OrderSort;
using testing::ElementsAre;

constexpr int kCountMax = 5;

// Places orders a second apart, and walks through lists of them.
struct Lists {
  StoreHarness& harness;
  std::function<domain::NewOrder()> new_order;
  std::vector<Order> placed = {};

  // So many orders of a customer, the first of them cancelled.
  void Place(int count, int cancelled, const domain::CustomerId& customer) {
    for (int i = 0; i < count; ++i) {
      domain::NewOrder wanted = new_order();
      wanted.order.customer_id = customer;
      absl::StatusOr<Order> order = harness.orders().Create(wanted, {});
      EXPECT_THAT(order, IsOk());
      if (i < cancelled) {
        order = harness.orders().ChangeStatus({order->id, OrderStatus::kCancelled, "", "", std::nullopt}, {});
        EXPECT_THAT(order, IsOk());
      }
      placed.push_back(*order);
      harness.clock().Advance(absl::Seconds(1));
    }
  }

  // The orders that the tokens reach.
  std::size_t Walk(OrderQuery query) {
    query.page_size = 2;
    std::set<domain::OrderId> seen;
    for (std::size_t page = 0; page <= placed.size(); ++page) {
      const auto found = harness.orders().List(query, {});
      EXPECT_THAT(found, IsOk());
      if (!found.ok()) break;
      for (const Order& order : found->orders) EXPECT_TRUE(seen.insert(order.id).second);
      if (!found->next) break;
      query.after = found->next;
    }
    return seen.size();
  }
};

TEST_P(StoreContract, ListBound_TotalCount_IsExactUpToTheBoundAndThenTheBound) {
  list_count_max_ = kCountMax;
  const auto box = ProductWith("BOX", 1000);
  Lists lists{harness(), [&] { return OrderOf({{box}}); }};
  lists.Place(kCountMax, 0, customer());
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage exact, orders().List({}, {}));
  EXPECT_EQ(exact.total_count, kCountMax);
  EXPECT_FALSE(exact.total_is_lower_bound);
  lists.Place(2, 0, customer());
  for (const OrderSort sort : {OrderSort::kCreatedAt, OrderSort::kUpdatedAt, OrderSort::kStatus}) {
    OrderQuery query;
    query.sort = sort;
    query.page_size = 100;
    ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, orders().List(query, {}));
    EXPECT_EQ(page.total_count, kCountMax);
    EXPECT_TRUE(page.total_is_lower_bound);
    EXPECT_EQ(page.orders.size(), 7U);
    query.descending = true;
    EXPECT_EQ(lists.Walk(query), 7U);
  }
  OrderQuery of_nobody;
  of_nobody.customer_id = New<domain::CustomerId>();
  EXPECT_EQ(orders().List(of_nobody, {})->total_count, 0);
}

TEST_P(StoreContract, ListBound_FiltersOfAnIndex_CountAndWalkAlone) {
  list_count_max_ = kCountMax;
  const auto box = ProductWith("BOX", 1000);
  Lists lists{harness(), [&] { return OrderOf({{box}}); }};
  lists.Place(7, 6, customer());
  lists.Place(2, 1, New<domain::CustomerId>());
  OrderQuery query;
  query.customer_id = customer();
  EXPECT_TRUE(orders().List(query, {})->total_is_lower_bound);
  EXPECT_EQ(lists.Walk(query), 7U);
  query.created_from = lists.placed[1].created_at;
  query.created_before = lists.placed[4].created_at;
  EXPECT_EQ(orders().List(query, {})->total_count, 3);
  EXPECT_EQ(lists.Walk(query), 3U);
  query = {};
  query.status = OrderStatus::kCancelled;
  for (const OrderSort sort : {OrderSort::kCreatedAt, OrderSort::kStatus}) {
    query.sort = sort;
    EXPECT_TRUE(orders().List(query, {})->total_is_lower_bound);
    EXPECT_EQ(lists.Walk(query), 7U);
  }
}

TEST_P(StoreContract, ListBound_SortWithoutAnIndex_TakesTheBoundAndRefusesMore) {
  list_count_max_ = kCountMax;
  const auto box = ProductWith("BOX", 1000);
  Lists lists{harness(), [&] { return OrderOf({{box}}); }};
  lists.Place(kCountMax, 2, customer());
  OrderQuery query;
  query.sort = OrderSort::kTotalAmount;
  EXPECT_EQ(orders().List(query, {})->total_count, kCountMax);
  EXPECT_EQ(lists.Walk(query), 5U);
  lists.Place(1, 0, New<domain::CustomerId>());
  EXPECT_THAT(BadFields(orders().List(query, {}).status()), ElementsAre("sort_by"));
  query.customer_id = customer();
  EXPECT_EQ(lists.Walk(query), 5U);
  query.sort = OrderSort::kUpdatedAt;
  EXPECT_EQ(lists.Walk(query), 5U);
  query = {};
  query.sort = OrderSort::kTotalAmount;
  query.created_from = lists.placed[1].created_at;
  EXPECT_EQ(lists.Walk(query), 5U);
  query.created_from = lists.placed[0].created_at;
  EXPECT_THAT(BadFields(orders().List(query, {}).status()), ElementsAre("sort_by"));
}

TEST_P(StoreContract, ListBound_CustomerAndStatus_AreSearchedInTheSmallerOfBoth) {
  list_count_max_ = kCountMax;
  const auto box = ProductWith("BOX", 1000);
  Lists lists{harness(), [&] { return OrderOf({{box}}); }};
  lists.Place(7, 6, customer());
  lists.Place(2, 1, New<domain::CustomerId>());
  OrderQuery query;
  query.customer_id = lists.placed.back().customer_id;
  query.status = OrderStatus::kCancelled;
  EXPECT_EQ(orders().List(query, {})->total_count, 1);  // the customer has few orders
  query.customer_id = customer();
  query.status = OrderStatus::kPending;
  EXPECT_EQ(lists.Walk(query), 1U);  // few orders are pending
  query.status = OrderStatus::kCancelled;
  EXPECT_THAT(BadFields(orders().List(query, {}).status()), ElementsAre("status_filter"));
  query.created_before = lists.placed[4].created_at;
  EXPECT_EQ(lists.Walk(query), 4U);
}

TEST_P(StoreContract, ListBound_BoundOfZero_CountsAndSortsAll) {
  list_count_max_ = 0;
  const auto box = ProductWith("BOX", 1000);
  Lists lists{harness(), [&] { return OrderOf({{box}}); }};
  lists.Place(7, 6, customer());
  OrderQuery query;
  for (const OrderSort sort :
       {OrderSort::kCreatedAt, OrderSort::kUpdatedAt, OrderSort::kTotalAmount, OrderSort::kStatus}) {
    query.sort = sort;
    ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, orders().List(query, {}));
    EXPECT_EQ(page.total_count, 7);
    EXPECT_FALSE(page.total_is_lower_bound);
    EXPECT_EQ(lists.Walk(query), 7U);
  }
  query.status = OrderStatus::kCancelled;
  query.customer_id = customer();
  EXPECT_EQ(lists.Walk(query), 6U);
}

}  // namespace
}  // namespace logistics::contract
