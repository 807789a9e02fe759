#include "logistics/service/order_service.hpp"

#include <gmock/gmock.h>

#include <set>

#include "fakes/bad_fields.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/limits.hpp"

namespace logistics::service {
namespace {

using domain::OrderStatus;
using fakes::BadFields;
using fakes::IsOk;
using fakes::StatusIs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class OrderServiceTest : public testing::Test {
 protected:
  OrderServiceTest() {
    EXPECT_THAT(store_.CreateProduct({product_, "BOX", "Box", "", "", {}, clock_.Now(), clock_.Now()}, {}), IsOk());
    EXPECT_THAT(store_.Adjust({{product_, defaults_.warehouse_id}, 1000, "delivery", ""}, {}), IsOk());
  }

  domain::OrderDraft Draft() const {
    domain::OrderDraft draft;
    draft.customer_id = customer_.ToString();
    draft.lines.push_back({product_.ToString(), "BOX", "Box", 2, 19.99, 39.98});
    return draft;
  }

  std::string Placed() {
    const auto order = service_.CreateOrder(Draft(), {});
    EXPECT_THAT(order, IsOk());
    return order.ok() ? order->id.ToString() : "";
  }

  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  const domain::OrderDefaults defaults_{domain::Currency(), domain::WarehouseId(ids_.NewId())};
  const domain::ProductId product_{ids_.NewId()};
  const domain::CustomerId customer_{ids_.NewId()};
  fakes::MemoryStore store_{ids_, clock_};
  OrderService service_{store_, ids_, clock_, defaults_};
};

TEST_F(OrderServiceTest, CreateOrder_Good_IsStoredAndReadBack) {
  clock_.Set(absl::FromUnixNanos(1'700'000'000'123'456'789));
  ASSERT_OK_AND_ASSIGN(const domain::Order order, service_.CreateOrder(Draft(), {}));
  EXPECT_FALSE(order.id.uuid().is_nil());
  EXPECT_EQ(order.created_at, absl::FromUnixMicros(1'700'000'000'123'456)) << "what a database can hold";
  EXPECT_EQ(order.warehouse_id, defaults_.warehouse_id);
  EXPECT_EQ(order.total_minor, 3998);
  EXPECT_THAT(service_.GetOrder(order.id.ToString(), {}), fakes::IsOkAndHolds(order));
}

TEST_F(OrderServiceTest, CreateOrder_Invalid_NamesTheFieldsAndReachesNoStore) {
  store_.FailWith(absl::InternalError("must not be asked"));
  domain::OrderDraft draft = Draft();
  draft.customer_id = "x";
  draft.lines[0].quantity = -1;
  EXPECT_THAT(BadFields(service_.CreateOrder(draft, {}).status()), ElementsAre("customer_id", "items[0].quantity"));
}

TEST_F(OrderServiceTest, ErrorsOfTheStore_ComeThroughWithTheirDetails) {
  domain::OrderDraft draft = Draft();
  draft.lines[0] = {product_.ToString(), "", "", 1001, 1, 0};
  const auto refused = service_.CreateOrder(draft, {});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("wanted 1001, available 1000")));
  EXPECT_THAT(domain::ConditionViolationsOf(refused.status()), SizeIs(1));
}

TEST_F(OrderServiceTest, GetOrder_BadOrUnknownId) {
  EXPECT_THAT(BadFields(service_.GetOrder("17", {}).status()), ElementsAre("order_id"));
  EXPECT_THAT(service_.GetOrder(customer_.ToString(), {}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(OrderServiceTest, UpdateStatus_Good_ChangesTheOrder) {
  const std::string id = Placed();
  ASSERT_OK_AND_ASSIGN(const domain::Order order, service_.UpdateStatus({id, 2, "packed", "anna", 1}, {}));
  EXPECT_EQ(order.status, OrderStatus::kProcessing);
  EXPECT_EQ(order.version, 2);
  EXPECT_EQ(store_.History(order.id).back(),
            (fakes::HistoryRow{2, OrderStatus::kPending, OrderStatus::kProcessing, "anna", "packed"}));
  EXPECT_THAT(service_.UpdateStatus({id, 3, "", "", 1}, {}), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(OrderServiceTest, UpdateStatus_Invalid_NamesEveryField) {
  const std::string notes(domain::kLongTextBytesMax + 1, 'x');
  const std::string by(domain::kShortTextBytesMax + 1, 'x');
  EXPECT_THAT(BadFields(service_.UpdateStatus({"x", 0, notes, by, -1}, {}).status()),
              ElementsAre("order_id", "new_status", "status_notes", "changed_by", "expected_version"));
  for (const int status : {-1, 0, 7, 1 << 30}) {
    EXPECT_THAT(BadFields(service_.UpdateStatus({Placed(), status, "", "", 0}, {}).status()),
                ElementsAre("new_status"));
  }
}

TEST_F(OrderServiceTest, Cancel_IsAStatusChangeWithItsReason) {
  const std::string id = Placed();
  ASSERT_OK_AND_ASSIGN(const domain::Order order, service_.Cancel({id, "changed my mind", "berta", 1}, {}));
  EXPECT_EQ(order.status, OrderStatus::kCancelled);
  EXPECT_EQ(store_.History(order.id).back(),
            (fakes::HistoryRow{2, OrderStatus::kPending, OrderStatus::kCancelled, "berta", "changed my mind"}));
}

TEST_F(OrderServiceTest, CancelWithoutReason_ByEitherCall_HasADefaultOne) {
  const auto by_cancel = service_.Cancel({Placed(), "", "", 0}, {});
  const auto by_update = service_.UpdateStatus({Placed(), 5, "", "", 0}, {});
  ASSERT_THAT(by_cancel, IsOk());
  ASSERT_THAT(by_update, IsOk());
  EXPECT_EQ(store_.History(by_cancel->id).back().notes, "no reason given");
  EXPECT_EQ(store_.History(by_update->id).back().notes, "no reason given");
}

TEST_F(OrderServiceTest, Cancel_Invalid_NamesEveryField) {
  const std::string reason(domain::kLongTextBytesMax + 1, 'x');
  EXPECT_THAT(BadFields(service_.Cancel({"", reason, "\xFF", -7}, {}).status()),
              ElementsAre("order_id", "reason", "cancelled_by", "expected_version"));
}

class OrderServiceListTest : public OrderServiceTest {
 protected:
  OrderServiceListTest() {
    for (int i = 0; i < 7; ++i) {
      clock_.Advance(absl::Seconds(i % 3));  // some at the same moment
      Placed();
    }
  }

  ListRequest Request() const {
    ListRequest request;
    request.page_size = 3;
    return request;
  }
};

TEST_F(OrderServiceListTest, Defaults_AreTheFirstPageOf50) {
  ASSERT_OK_AND_ASSIGN(const ListResult result, service_.List({}, {}));
  EXPECT_EQ(result.page_number, 1);
  EXPECT_EQ(result.page_size, 50);
  EXPECT_THAT(result.page.orders, SizeIs(7));
  EXPECT_EQ(result.page.total_count, 7);
  EXPECT_THAT(result.next_page_token, IsEmpty());
}

TEST_F(OrderServiceListTest, Tokens_WalkTheSameRowsAsPages) {
  for (const bool descending : {false, true}) {
    ListRequest by_page = Request();
    ListRequest by_token = Request();
    by_page.sort_desc = by_token.sort_desc = descending;
    std::set<std::string> seen;
    for (int page = 1; page <= 3; ++page) {
      by_page.page = page;
      ASSERT_OK_AND_ASSIGN(const ListResult paged, service_.List(by_page, {}));
      ASSERT_OK_AND_ASSIGN(const ListResult walked, service_.List(by_token, {}));
      EXPECT_EQ(paged.page.orders, walked.page.orders) << page;
      EXPECT_EQ(walked.page.total_count, 7);
      EXPECT_EQ(walked.next_page_token.empty(), page == 3);
      by_token.page_token = walked.next_page_token;
      for (const domain::Order& order : walked.page.orders) EXPECT_TRUE(seen.insert(order.id.ToString()).second);
    }
    EXPECT_THAT(seen, SizeIs(7));
  }
}

TEST_F(OrderServiceListTest, Token_OfOtherFiltersOrBroken_IsRefusedByName) {
  ListRequest request = Request();
  ASSERT_OK_AND_ASSIGN(const ListResult first, service_.List(request, {}));
  request.page_token = first.next_page_token;
  request.status = 1;
  EXPECT_THAT(BadFields(service_.List(request, {}).status()), ElementsAre("page_token"));
  request.status = 0;
  request.page_token += "x";
  EXPECT_THAT(BadFields(service_.List(request, {}).status()), ElementsAre("page_token"));
}

TEST_F(OrderServiceListTest, Invalid_NamesEveryField) {
  ListRequest request;
  request.page = -1;
  request.page_size = 101;
  request.status = 7;
  request.customer_id = "x";
  request.start_date = absl::FromUnixSeconds(10);
  request.end_date = absl::FromUnixSeconds(10);
  request.sort_by = "price";
  request.page_token = "x";
  EXPECT_THAT(BadFields(service_.List(request, {}).status()),
              ElementsAre("page", "page_size", "status_filter", "customer_id", "start_date", "sort_by"));
  request = {};
  request.page_size = -1;
  request.page = domain::kPageMax + 1;
  request.status = -1;
  request.end_date = absl::InfiniteFuture();
  EXPECT_THAT(BadFields(service_.List(request, {}).status()),
              ElementsAre("page", "page_size", "status_filter", "end_date"));
}

TEST_F(OrderServiceListTest, PageNumbers_EndWhereTokensGoOn) {
  ListRequest request;
  request.page_size = 30;
  request.page = 334;  // begins behind 9,990 orders
  EXPECT_THAT(service_.List(request, {}), IsOk());
  request.page = 335;
  EXPECT_THAT(BadFields(service_.List(request, {}).status()), ElementsAre("page_token"));
  request.page_size = 3;
  request.page = 1;
  ASSERT_OK_AND_ASSIGN(const ListResult first, service_.List(request, {}));
  request.page_token = first.next_page_token;
  request.page = 10'000;  // does not count beside a token
  EXPECT_THAT(service_.List(request, {}), IsOk());
}

TEST_F(OrderServiceListTest, Filters_ReachTheStore) {
  ListRequest request;
  request.customer_id = product_.ToString();
  EXPECT_THAT(service_.List(request, {})->page.orders, IsEmpty());
  request.customer_id = customer_.ToString();
  EXPECT_THAT(service_.List(request, {})->page.orders, SizeIs(7));
  request.status = 4;
  EXPECT_THAT(service_.List(request, {})->page.orders, IsEmpty());
  request.status = 1;
  // Later than the last order by less than a microsecond: it is not in any more.
  request.start_date = clock_.Now() + absl::Nanoseconds(1);
  EXPECT_THAT(service_.List(request, {})->page.orders, IsEmpty());
  request.start_date = clock_.Now();
  EXPECT_THAT(service_.List(request, {})->page.orders, testing::Not(IsEmpty()));
  for (const char* sort : {"created_at", "updated_at", "total_amount", "status", ""}) {
    request.sort_by = sort;
    EXPECT_THAT(service_.List(request, {}), IsOk()) << sort;
  }
}

}  // namespace
}  // namespace logistics::service
