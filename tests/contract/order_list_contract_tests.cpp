#include <algorithm>
#include <tuple>

#include "contract/store_contract.hpp"

namespace logistics::contract {
namespace {

using domain::Order;
using domain::OrderStatus;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using ports::OrderQuery;
using ports::OrderSort;
using testing::IsEmpty;
using testing::SizeIs;

constexpr OrderSort kSorts[] = {OrderSort::kCreatedAt, OrderSort::kUpdatedAt, OrderSort::kTotalAmount,
                                OrderSort::kStatus};

std::vector<domain::OrderId> IdsOf(const std::vector<Order>& orders) {
  std::vector<domain::OrderId> ids;
  for (const Order& order : orders) ids.push_back(order.id);
  return ids;
}

std::int64_t SortValue(const Order& order, OrderSort sort) {
  switch (sort) {
    case OrderSort::kCreatedAt:
      return absl::ToUnixMicros(order.created_at);
    case OrderSort::kUpdatedAt:
      return absl::ToUnixMicros(order.updated_at);
    case OrderSort::kTotalAmount:
      return domain::TenThousandths(order.total_minor, order.currency);
    case OrderSort::kStatus:
      return static_cast<std::int64_t>(order.status);
  }
  return 0;
}

// What the query is to find among `orders`, worked out here.
std::vector<domain::OrderId> Expected(std::vector<Order> orders, const OrderQuery& query) {
  std::erase_if(orders, [&query](const Order& order) {
    return (query.status && order.status != *query.status) ||
           (query.customer_id && order.customer_id != *query.customer_id) ||
           (query.created_from && order.created_at < *query.created_from) ||
           (query.created_before && order.created_at >= *query.created_before);
  });
  std::sort(orders.begin(), orders.end(), [&query](const Order& a, const Order& b) {
    const auto place = [&query](const Order& order) {
      const bool by_status = query.sort == OrderSort::kStatus;
      return std::tuple(SortValue(order, query.sort), by_status ? order.created_at : absl::Time(), order.id);
    };
    const auto left = place(a);
    const auto right = place(b);
    return query.descending ? right < left : left < right;
  });
  return IdsOf(orders);
}

// `query` page by page, then once more from token to token; both have to find the same.
std::vector<domain::OrderId> WalkBothWays(ports::OrderStore& store, OrderQuery query, std::size_t expected_total) {
  std::vector<domain::OrderId> by_page;
  std::vector<domain::OrderId> by_token;
  const auto append = [expected_total](std::vector<domain::OrderId>& all, const ports::OrderPage& page) {
    EXPECT_EQ(page.total_count, static_cast<std::int64_t>(expected_total));
    const auto ids = IdsOf(page.orders);
    all.insert(all.end(), ids.begin(), ids.end());
  };
  const auto pages = static_cast<int>(expected_total) / query.page_size + 2;
  for (query.page = 1; query.page <= pages; ++query.page) {
    const auto page = store.List(query, {});
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return {};
    append(by_page, *page);
    const bool more = by_page.size() < expected_total;
    EXPECT_EQ(page->next.has_value(), more) << "page " << query.page;
  }
  query.page = 1;
  for (int steps = 0; steps <= pages; ++steps) {
    const auto page = store.List(query, {});
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return {};
    append(by_token, *page);
    if (!page->next) break;
    query.after = page->next;
  }
  EXPECT_EQ(by_page, by_token);
  return by_token;
}

// Orders over several moments, totals, customers and statuses, with ties in each; as they stand at the end.
std::vector<Order> PlaceVariety(StoreHarness& harness, const std::function<domain::NewOrder(std::int32_t)>& order_of,
                                const domain::CustomerId& other_customer) {
  const std::vector<std::vector<OrderStatus>> ways = {
      {}, {OrderStatus::kProcessing}, {OrderStatus::kProcessing, OrderStatus::kShipped}, {OrderStatus::kCancelled}};
  std::vector<Order> placed;
  for (std::size_t i = 0; i < 14; ++i) {
    if (i % 4 == 3) harness.clock().Advance(absl::Microseconds(1));
    domain::NewOrder wanted = order_of(static_cast<std::int32_t>(1 + i % 3));
    if (i % 5 == 0) wanted.order.customer_id = other_customer;
    absl::StatusOr<Order> order = harness.orders().Create(wanted, {});
    EXPECT_THAT(order, IsOk());
    for (const OrderStatus status : ways[i % ways.size()]) {
      order = harness.orders().ChangeStatus({order->id, status, "", "", std::nullopt}, {});
      EXPECT_THAT(order, IsOk());
    }
    placed.push_back(*order);
  }
  return placed;
}

TEST_P(StoreContract, List_EverySortDirectionAndPageSize_PagesAndTokensAgree) {
  const auto box = ProductWith("BOX", 1000);
  const auto placed = PlaceVariety(
      harness(),
      [&](std::int32_t n) {
        return OrderOf({{box, n}});
      },
      New<domain::CustomerId>());
  for (const OrderSort sort : kSorts) {
    for (const bool descending : {false, true}) {
      for (const int page_size : {1, 4, 7, 14, 100}) {
        SCOPED_TRACE(testing::Message() << "sort " << static_cast<int>(sort) << (descending ? " descending" : "")
                                        << " page_size " << page_size);
        OrderQuery query;
        query.sort = sort;
        query.descending = descending;
        query.page_size = page_size;
        EXPECT_EQ(WalkBothWays(orders(), query, placed.size()), Expected(placed, query));
      }
    }
  }
}

// The same lines in several currencies: so many minor units are not the same number.
domain::NewOrder InCurrency(domain::NewOrder order, const char* code, std::int64_t minor_units) {
  order.order.currency = *domain::Currency::Find(code);
  order.order.lines[0].unit_price_minor = minor_units;
  order.order.lines[0].total_price_minor = minor_units;
  order.order.total_minor = minor_units;
  return order;
}

TEST_P(StoreContract, List_TotalsOfSeveralCurrencies_AreInTheOrderOfTheShownNumbers) {
  const auto box = ProductWith("BOX", 1000);
  // 1000 JPY, 20.00 USD, 1.50 EUR, 0.0001 CLF, 20 KRW, 1000.001 KWD, 999.99 GBP.
  std::vector<Order> placed;
  for (const auto& [code, minor] :
       {std::pair("JPY", 1'000), std::pair("USD", 2'000), std::pair("EUR", 150), std::pair("CLF", 1),
        std::pair("KRW", 20), std::pair("KWD", 1'000'001), std::pair("GBP", 99'999)}) {
    ASSERT_OK_AND_ASSIGN(const Order order, Create(InCurrency(OrderOf({{box}}), code, minor)));
    placed.push_back(order);
  }
  OrderQuery query;
  query.sort = OrderSort::kTotalAmount;
  query.page_size = 2;
  for (const bool descending : {false, true}) {
    query.descending = descending;
    const auto walked = WalkBothWays(orders(), query, placed.size());
    EXPECT_EQ(walked, Expected(placed, query));
    // Told once without the code under test: the least is 0.0001 CLF, the greatest 1000.001 KWD.
    EXPECT_EQ(walked.front(), placed[descending ? 5 : 3].id);
    EXPECT_EQ(walked.back(), placed[descending ? 3 : 5].id);
  }
}

TEST_P(StoreContract, List_TokenOfAnEarlierRelease_GoesOnBehindItsOrder) {
  const auto box = ProductWith("BOX", 1000);
  ASSERT_OK_AND_ASSIGN(const Order cents, Create(InCurrency(OrderOf({{box}}), "EUR", 150)));
  ASSERT_OK_AND_ASSIGN(const Order yen, Create(InCurrency(OrderOf({{box}}), "JPY", 1'000)));
  ASSERT_OK_AND_ASSIGN(const Order more_yen, Create(InCurrency(OrderOf({{box}}), "JPY", 2'000)));
  OrderQuery query;
  query.sort = OrderSort::kTotalAmount;
  query.after = OrderQuery::After{"1000", yen.id};  // minor units, whatever the currency
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, orders().List(query, {}));
  EXPECT_EQ(IdsOf(page.orders), std::vector{more_yen.id});
}

TEST_P(StoreContract, List_EachFilterAndAllTogether_FindWhatTheySay) {
  const auto box = ProductWith("BOX", 1000);
  const auto other = New<domain::CustomerId>();
  const auto placed = PlaceVariety(
      harness(),
      [&](std::int32_t n) {
        return OrderOf({{box, n}});
      },
      other);
  std::vector<OrderQuery> queries(7);
  queries[0].status = OrderStatus::kShipped;
  queries[1].customer_id = other;
  queries[2].created_from = placed[3].created_at;
  queries[3].created_before = placed[3].created_at;
  queries[4].created_from = placed[3].created_at;
  queries[4].created_before = placed[7].created_at;
  queries[5] = queries[4];
  queries[5].status = OrderStatus::kPending;
  queries[5].customer_id = customer();
  queries[6].status = OrderStatus::kReturned;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    SCOPED_TRACE(i);
    queries[i].page_size = 2;
    const auto expected = Expected(placed, queries[i]);
    EXPECT_EQ(expected.empty(), i == 6) << "the test's own data";
    EXPECT_EQ(WalkBothWays(orders(), queries[i], expected.size()), expected);
  }
}

TEST_P(StoreContract, List_GivesWholeOrdersAsGetDoes) {
  const auto box = ProductWith("BOX", 10);
  const auto lid = ProductWith("LID", 10);
  const Order first = Placed({{box, 1}, {lid, 2}, {box, 3}});
  const Order second = Walked(Placed({{lid, 1}}), {OrderStatus::kCancelled});
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, orders().List({}, {}));
  EXPECT_THAT(page.orders, testing::ElementsAre(first, second));
}

TEST_P(StoreContract, List_BehindTheEndOrOfNothing_IsEmptyWithHonestTotals) {
  EXPECT_THAT(orders().List({}, {})->orders, IsEmpty());
  const auto box = ProductWith("BOX", 10);
  for (int i = 0; i < 3; ++i) Placed({{box}});
  OrderQuery query;
  query.page = 100;
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage page, orders().List(query, {}));
  EXPECT_THAT(page.orders, IsEmpty());
  EXPECT_EQ(page.total_count, 3);
  EXPECT_FALSE(page.next);
}

TEST_P(StoreContract, List_ByToken_IsNotShiftedByNewOrders) {
  const auto box = ProductWith("BOX", 10);
  std::vector<domain::OrderId> placed;
  for (int i = 0; i < 4; ++i) {
    placed.push_back(Placed({{box}}).id);
    harness().clock().Advance(absl::Seconds(1));
  }
  OrderQuery query;
  query.descending = true;
  query.page_size = 2;
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage first, orders().List(query, {}));
  Placed({{box}});  // newest first: pages shift by one, tokens do not
  query.after = first.next;
  ASSERT_OK_AND_ASSIGN(const ports::OrderPage second, orders().List(query, {}));
  EXPECT_EQ(IdsOf(first.orders), (std::vector{placed[3], placed[2]}));
  EXPECT_EQ(IdsOf(second.orders), (std::vector{placed[1], placed[0]}));
  EXPECT_EQ(second.total_count, 5);
}

}  // namespace
}  // namespace logistics::contract
