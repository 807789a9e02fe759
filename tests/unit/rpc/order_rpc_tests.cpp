#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "logistics/domain/errors.hpp"
#include "rpc/orders/order_conversions.hpp"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class OrderRpcTest : public ServerFixture {
 protected:
  void SetUp() override { Start(); }

  static std::vector<std::string> BadFields(const grpc::Status& status) {
    std::vector<std::string> fields;
    const auto bad_request = DetailOf<google::rpc::BadRequest>(status);
    if (!bad_request) return fields;
    for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
    return fields;
  }
};

TEST_F(OrderRpcTest, CreateOrder_AnswersEverythingThatWasOrdered) {
  const std::string product = AddProduct("sku-1", 10);
  ::order::CreateOrderRequest request = OrderOf("sku-1", 2, 19.99);
  request.set_notes("ring twice");
  request.mutable_shipping_info()->set_city("Graz");
  request.mutable_shipping_info()->set_shipping_cost(5.01);
  request.mutable_payment_info()->set_currency("EUR");
  request.mutable_payment_info()->set_payment_method("card");
  request.mutable_payment_info()->set_is_paid(true);
  request.mutable_payment_info()->set_amount(44.99);
  request.mutable_payment_info()->mutable_payment_date()->set_seconds(1'700'000'000);
  request.mutable_payment_info()->mutable_payment_date()->set_nanos(250'000'000);

  const ::order::OrderResponse order = PlaceOrder(request);
  EXPECT_TRUE(domain::OrderId::Parse(order.id()).has_value());
  EXPECT_EQ(order.customer_id(), kCustomer);
  EXPECT_EQ(order.status(), ::order::ORDER_STATUS_PROCESSING) << "it is paid";
  EXPECT_EQ(order.version(), 2);
  EXPECT_EQ(order.notes(), "ring twice");
  EXPECT_EQ(order.warehouse_id(), domain::kDefaultWarehouseId);
  EXPECT_EQ(order.total_amount(), 44.99);
  ASSERT_EQ(order.items_size(), 1);
  EXPECT_EQ(order.items(0).product_id(), product);
  EXPECT_EQ(order.items(0).sku(), "sku-1");
  EXPECT_EQ(order.items(0).quantity(), 2);
  EXPECT_EQ(order.items(0).unit_price(), 19.99);
  EXPECT_EQ(order.items(0).total_price(), 39.98);
  EXPECT_EQ(order.shipping_info().city(), "Graz");
  EXPECT_EQ(order.shipping_info().shipping_cost(), 5.01);
  EXPECT_EQ(order.payment_info().currency(), "EUR");
  EXPECT_EQ(order.payment_info().payment_method(), "card");
  EXPECT_TRUE(order.payment_info().is_paid());
  EXPECT_EQ(order.payment_info().amount(), 44.99);
  EXPECT_EQ(order.payment_info().payment_date().seconds(), 1'700'000'000);
  EXPECT_EQ(order.payment_info().payment_date().nanos(), 250'000'000);
  EXPECT_EQ(order.created_at().seconds(), absl::ToUnixSeconds(clock_.Now()));

  ::order::OrderResponse read;
  grpc::ClientContext context;
  ASSERT_TRUE(Get(order.id(), context, &read).ok());
  EXPECT_EQ(read.SerializeAsString(), order.SerializeAsString());
}

TEST_F(OrderRpcTest, CreateOrder_ManyBadFields_NamesThemAll) {
  ::order::CreateOrderRequest request = OrderOf("sku-1", 0, -1);
  request.set_customer_id("nobody");
  request.add_items()->set_unit_price(std::numeric_limits<double>::quiet_NaN());
  request.mutable_payment_info()->mutable_payment_date()->set_nanos(-1);
  ::order::OrderResponse order;
  grpc::ClientContext context;
  const grpc::Status status = orders_->CreateOrder(&context, request, &order);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const std::vector<std::string> fields = BadFields(status);
  for (const char* field : {"customer_id", "items[0].quantity", "items[0].unit_price", "items[1].unit_price",
                            "items[1].quantity", "payment_info.payment_date"}) {
    EXPECT_THAT(fields, Contains(field));
  }
}

// Past 8 KiB of trailing metadata a client drops the answer and sees RESOURCE_EXHAUSTED of its own making.
TEST_F(OrderRpcTest, CreateOrder_HundredsOfBadFields_StillReachTheClient) {
  ::order::CreateOrderRequest request;
  request.set_customer_id(kCustomer);
  for (int i = 0; i < 200; ++i) {
    ::order::OrderItem& item = *request.add_items();
    item.set_product_id("no id " + std::string(64, 'x'));
    item.set_quantity(-1);
    item.set_unit_price(0.001);
  }
  ::order::OrderResponse order;
  grpc::ClientContext context;
  const grpc::Status status = orders_->CreateOrder(&context, request, &order);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_THAT(BadFields(status), Contains("items[40].product_id"));
}

// What is wrong with each field, by its name.
std::map<std::string, std::string> Descriptions(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  std::map<std::string, std::string> found;
  for (const auto& detail : details.details()) {
    google::rpc::BadRequest bad_request;
    if (!detail.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) found[violation.field()] = violation.description();
  }
  return found;
}

TEST_F(OrderRpcTest, TimestampsWithNanosOutOfRange_SaySo) {
  ::order::CreateOrderRequest request = OrderOf("sku-1", 1, 1);
  request.mutable_payment_info()->mutable_payment_date()->set_nanos(-1);
  ::order::OrderResponse order;
  grpc::ClientContext context;
  EXPECT_THAT(Descriptions(orders_->CreateOrder(&context, request, &order)),
              ElementsAre(testing::Pair("payment_info.payment_date", "nanos -1 are out of range, 0 to 999999999")));

  ::order::ListOrdersRequest list;
  list.mutable_start_date()->set_nanos(1'000'000'000);
  list.mutable_end_date()->set_nanos(std::numeric_limits<std::int32_t>::min());
  ::order::ListOrdersResponse orders;
  grpc::ClientContext list_context;
  EXPECT_THAT(Descriptions(orders_->ListOrders(&list_context, list, &orders)),
              ElementsAre(testing::Pair("end_date", "nanos -2147483648 are out of range, 0 to 999999999"),
                          testing::Pair("start_date", "nanos 1000000000 are out of range, 0 to 999999999")));
}

TEST_F(OrderRpcTest, CreateOrder_TimestampBeyondYear9999_IsNamed) {
  AddProduct("sku-1", 10);
  ::order::CreateOrderRequest request = OrderOf("sku-1", 1, 1);
  request.mutable_payment_info()->mutable_payment_date()->set_seconds(std::numeric_limits<std::int64_t>::max());
  ::order::OrderResponse order;
  grpc::ClientContext context;
  const grpc::Status status = orders_->CreateOrder(&context, request, &order);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(status), ElementsAre("payment_info.payment_date"));
  EXPECT_THAT(Descriptions(status)["payment_info.payment_date"], testing::HasSubstr("years 1 to 9999"));
}

TEST_F(OrderRpcTest, CreateOrder_ShortStock_NamesWantedAndAvailable) {
  AddProduct("sku-1", 3);
  ::order::OrderResponse order;
  grpc::ClientContext context;
  const grpc::Status status = orders_->CreateOrder(&context, OrderOf("sku-1", 5, 1), &order);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const auto failure = DetailOf<google::rpc::PreconditionFailure>(status);
  ASSERT_TRUE(failure.has_value());
  ASSERT_EQ(failure->violations_size(), 1);
  EXPECT_EQ(failure->violations(0).type(), "STOCK");
  EXPECT_THAT(failure->violations(0).description(), testing::AllOf(HasSubstr("5"), HasSubstr("3")));
}

TEST_F(OrderRpcTest, GetOrder_Unknown_IsNotFoundWithItsText) {
  grpc::ClientContext context;
  const grpc::Status status = Get(kUnknownId, context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr(kUnknownId));
}

TEST_F(OrderRpcTest, UpdateOrderStatus_ChangesAndChecksVersionAndLegality) {
  AddProduct("sku-1", 3);
  const ::order::OrderResponse order = PlaceOrder(OrderOf("sku-1", 1, 1));
  ::order::UpdateOrderStatusRequest request;
  request.set_order_id(order.id());
  request.set_new_status(::order::ORDER_STATUS_PROCESSING);
  request.set_expected_version(1);
  ::order::OrderResponse changed;
  grpc::ClientContext first;
  ASSERT_TRUE(orders_->UpdateOrderStatus(&first, request, &changed).ok());
  EXPECT_EQ(changed.status(), ::order::ORDER_STATUS_PROCESSING);
  EXPECT_EQ(changed.version(), 2);

  request.set_new_status(::order::ORDER_STATUS_SHIPPED);
  grpc::ClientContext second;
  EXPECT_EQ(orders_->UpdateOrderStatus(&second, request, &changed).error_code(), grpc::StatusCode::ABORTED);

  request.set_expected_version(2);
  request.set_new_status(::order::ORDER_STATUS_RETURNED);
  grpc::ClientContext third;
  EXPECT_EQ(orders_->UpdateOrderStatus(&third, request, &changed).error_code(), grpc::StatusCode::FAILED_PRECONDITION);

  request.set_new_status(static_cast<::order::OrderStatus>(77));
  grpc::ClientContext fourth;
  EXPECT_THAT(BadFields(orders_->UpdateOrderStatus(&fourth, request, &changed)), ElementsAre("new_status"));
}

TEST_F(OrderRpcTest, CancelOrder_Cancels) {
  AddProduct("sku-1", 3);
  ::order::CancelOrderRequest request;
  request.set_order_id(PlaceOrder(OrderOf("sku-1", 1, 1)).id());
  request.set_reason("changed my mind");
  ::order::OrderResponse cancelled;
  grpc::ClientContext context;
  ASSERT_TRUE(orders_->CancelOrder(&context, request, &cancelled).ok());
  EXPECT_EQ(cancelled.status(), ::order::ORDER_STATUS_CANCELLED);
}

TEST_F(OrderRpcTest, ListOrders_PagesByNumberAndByToken) {
  AddProduct("sku-1", 10);
  for (int i = 0; i < 5; ++i) PlaceOrder(OrderOf("sku-1", 1, 1));
  ::order::ListOrdersRequest request;
  request.set_page_size(2);
  ::order::ListOrdersResponse list;
  grpc::ClientContext first;
  ASSERT_TRUE(orders_->ListOrders(&first, request, &list).ok());
  EXPECT_EQ(list.total_count(), 5);
  EXPECT_EQ(list.total_pages(), 3);
  EXPECT_EQ(list.page(), 1);
  EXPECT_EQ(list.page_size(), 2);

  std::set<std::string> seen;
  for (int pages = 1; pages <= 3; ++pages) {
    for (const ::order::OrderResponse& order : list.orders()) seen.insert(order.id());
    if (list.next_page_token().empty()) break;
    request.set_page_token(list.next_page_token());
    grpc::ClientContext next;
    ASSERT_TRUE(orders_->ListOrders(&next, request, &list).ok());
  }
  EXPECT_THAT(seen, SizeIs(5));
  EXPECT_TRUE(list.next_page_token().empty());
}

TEST(OrderListConversion, TotalThatIsABound_SaysSo) {
  service::ListResult result;
  result.page.total_count = 10'000;
  result.page.total_is_lower_bound = true;
  result.page_size = 30;
  ::order::ListOrdersResponse list;
  FillList(result, list);
  EXPECT_TRUE(list.total_is_lower_bound());
  EXPECT_EQ(list.total_count(), 10'000);
  EXPECT_EQ(list.total_pages(), 334);
}

TEST_F(OrderRpcTest, ListOrders_BadDatesAndMore_AreNamedTogether) {
  ::order::ListOrdersRequest request;
  request.mutable_start_date()->set_seconds(-99'999'999'999);
  request.mutable_end_date()->set_nanos(1'000'000'000);
  request.set_sort_by("colour");
  ::order::ListOrdersResponse list;
  grpc::ClientContext context;
  const std::vector<std::string> fields = BadFields(orders_->ListOrders(&context, request, &list));
  for (const char* field : {"start_date", "end_date", "sort_by"}) EXPECT_THAT(fields, Contains(field));
}

TEST_F(OrderRpcTest, DatabaseUnavailable_IsUnavailableWithRetryInfo) {
  store_.FailWith(
      domain::RetryLaterError(absl::StatusCode::kUnavailable, "the database is unavailable", absl::Milliseconds(700)));
  grpc::ClientContext context;
  const grpc::Status status = Get(kUnknownId, context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto retry = DetailOf<google::rpc::RetryInfo>(status);
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().nanos(), 700'000'000);
}

}  // namespace
}  // namespace logistics::rpc
