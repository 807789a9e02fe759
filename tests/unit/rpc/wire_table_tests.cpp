// The wire, as others rely on it (contract §1 and §2). A failure here is a change that breaks them: add with new
// numbers, never rename, renumber, retype or remove.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "inventory.pb.h"
#include "order.pb.h"

namespace logistics::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using testing::ElementsAreArray;

using Lines = std::vector<std::string>;
using Table = std::map<std::string, Lines>;

std::string TypeOf(const FieldDescriptor& field) {
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) return field.message_type()->full_name();
  if (field.type() == FieldDescriptor::TYPE_ENUM) return field.enum_type()->full_name();
  return field.type_name();
}

// "2 items repeated order.OrderItem"
std::string Line(const FieldDescriptor& field) {
  const std::string head = absl::StrCat(field.number(), " ", field.name(), " ");
  if (field.is_map()) {
    const Descriptor& entry = *field.message_type();
    return absl::StrCat(head, "map<", TypeOf(*entry.map_key()), ",", TypeOf(*entry.map_value()), ">");
  }
  const bool optional = field.has_optional_keyword();
  return absl::StrCat(head, field.is_repeated() ? "repeated " : optional ? "optional " : "", TypeOf(field));
}

Lines LinesOf(const Descriptor& message) {
  Lines lines;
  for (int i = 0; i < message.field_count(); ++i) lines.push_back(Line(*message.field(i)));
  for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
    lines.push_back("oneof " + message.oneof_decl(i)->name());
  }
  return lines;
}

void AddMessages(const Descriptor& message, Table& table) {
  table[message.full_name()] = LinesOf(message);
  for (int i = 0; i < message.nested_type_count(); ++i) {
    if (!message.nested_type(i)->options().map_entry()) AddMessages(*message.nested_type(i), table);
  }
}

Table MessagesOf(const FileDescriptor& file) {
  Table table;
  for (int i = 0; i < file.message_type_count(); ++i) AddMessages(*file.message_type(i), table);
  return table;
}

Lines ValuesOf(const EnumDescriptor& type) {
  Lines lines;
  for (int i = 0; i < type.value_count(); ++i) {
    lines.push_back(absl::StrCat(type.value(i)->number(), " ", type.value(i)->name()));
  }
  return lines;
}

Lines CallsOf(const ServiceDescriptor& service) {
  Lines lines;
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    lines.push_back(absl::StrCat(method.name(), "(", method.client_streaming() ? "stream " : "",
                                 method.input_type()->full_name(), ") ", method.server_streaming() ? "stream " : "",
                                 method.output_type()->full_name()));
  }
  return lines;
}

void ExpectTable(const FileDescriptor& file, const Table& expected) {
  const Table actual = MessagesOf(file);
  for (const auto& [name, lines] : expected) {
    const auto found = actual.find(name);
    if (found == actual.end()) {
      ADD_FAILURE() << name << " is gone";
    } else {
      EXPECT_THAT(found->second, ElementsAreArray(lines)) << name;
    }
  }
  for (const auto& [name, lines] : actual) EXPECT_TRUE(expected.count(name) > 0) << name << " is not in the table";
}

const FileDescriptor& OrderFile() { return *::order::OrderResponse::descriptor()->file(); }
const FileDescriptor& InventoryFile() { return *::inventory::Item::descriptor()->file(); }

const std::string kTime = "google.protobuf.Timestamp";

TEST(OrderWire, Package_AndSyntax_AreFixed) {
  EXPECT_EQ(OrderFile().package(), "order");
  EXPECT_EQ(OrderFile().syntax(), FileDescriptor::SYNTAX_PROTO3);
}

TEST(OrderWire, Calls_AreFixed) {
  ASSERT_EQ(OrderFile().service_count(), 1);
  EXPECT_EQ(OrderFile().service(0)->full_name(), "order.OrderService");
  EXPECT_THAT(CallsOf(*OrderFile().service(0)),
              ElementsAreArray(Lines{
                  "CreateOrder(order.CreateOrderRequest) order.OrderResponse",
                  "GetOrder(order.GetOrderRequest) order.OrderResponse",
                  "UpdateOrderStatus(order.UpdateOrderStatusRequest) order.OrderResponse",
                  "ListOrders(order.ListOrdersRequest) order.ListOrdersResponse",
                  "StreamOrderUpdates(order.StreamOrderUpdatesRequest) stream order.OrderStatusEvent",
                  "CancelOrder(order.CancelOrderRequest) order.OrderResponse",
              }));
}

TEST(OrderWire, StatusNumbers_AreFixed) {
  ASSERT_EQ(OrderFile().enum_type_count(), 1);
  EXPECT_EQ(OrderFile().enum_type(0)->full_name(), "order.OrderStatus");
  EXPECT_THAT(ValuesOf(*OrderFile().enum_type(0)),
              ElementsAreArray(Lines{"0 ORDER_STATUS_UNKNOWN", "1 ORDER_STATUS_PENDING", "2 ORDER_STATUS_PROCESSING",
                                     "3 ORDER_STATUS_SHIPPED", "4 ORDER_STATUS_DELIVERED", "5 ORDER_STATUS_CANCELLED",
                                     "6 ORDER_STATUS_RETURNED"}));
}

TEST(OrderWire, Fields_AreFixed) {
  ExpectTable(
      OrderFile(),
      {
          {"order.CreateOrderRequest",
           {"1 customer_id string", "2 items repeated order.OrderItem", "3 shipping_info order.ShippingInfo",
            "4 payment_info order.PaymentInfo", "5 notes string", "6 warehouse_id string", "7 idempotency_key string"}},
          {"order.OrderItem",
           {"1 product_id string", "2 name string", "3 quantity int32", "4 unit_price double", "5 total_price double",
            "6 sku string"}},
          {"order.ShippingInfo",
           {"1 address_line1 string", "2 address_line2 string", "3 city string", "4 state string",
            "5 postal_code string", "6 country string", "7 recipient_name string", "8 recipient_phone string",
            "9 shipping_method string", "10 shipping_cost double"}},
          {"order.PaymentInfo",
           {"1 payment_method string", "2 transaction_id string", "3 amount double", "4 currency string",
            "5 is_paid bool", "6 payment_date " + kTime}},
          {"order.OrderResponse",
           {"1 id string", "2 customer_id string", "3 items repeated order.OrderItem",
            "4 shipping_info order.ShippingInfo", "5 payment_info order.PaymentInfo", "6 status order.OrderStatus",
            "7 created_at " + kTime, "8 updated_at " + kTime, "9 tracking_number string", "10 total_amount double",
            "11 notes string", "12 version int64", "13 warehouse_id string"}},
          {"order.GetOrderRequest", {"1 order_id string"}},
          {"order.UpdateOrderStatusRequest",
           {"1 order_id string", "2 new_status order.OrderStatus", "3 status_notes string", "4 expected_version int64",
            "5 changed_by string"}},
          {"order.CancelOrderRequest",
           {"1 order_id string", "2 reason string", "3 cancelled_by string", "4 expected_version int64"}},
          {"order.ListOrdersRequest",
           {"1 page int32", "2 page_size int32", "3 status_filter order.OrderStatus", "4 customer_id string",
            "5 start_date " + kTime, "6 end_date " + kTime, "7 sort_by string", "8 sort_desc bool",
            "9 page_token string"}},
          {"order.ListOrdersResponse",
           {"1 orders repeated order.OrderResponse", "2 total_count int32", "3 page int32", "4 page_size int32",
            "5 total_pages int32", "6 next_page_token string", "7 total_is_lower_bound bool"}},
          {"order.StreamOrderUpdatesRequest",
           {"1 customer_id string", "2 order_id string", "3 resume_token string", "4 include_snapshot bool"}},
          {"order.OrderStatusEvent",
           {"1 order_id string", "2 previous_status order.OrderStatus", "3 new_status order.OrderStatus",
            "4 timestamp " + kTime, "5 event_id string", "6 version int64", "7 resume_token string", "8 notes string",
            "9 customer_id string"}},
      });
}

TEST(InventoryWire, Package_AndSyntax_AreFixed) {
  EXPECT_EQ(InventoryFile().package(), "inventory");
  EXPECT_EQ(InventoryFile().syntax(), FileDescriptor::SYNTAX_PROTO3);
  EXPECT_EQ(InventoryFile().enum_type_count(), 0);
}

TEST(InventoryWire, Calls_AreFixed) {
  ASSERT_EQ(InventoryFile().service_count(), 1);
  EXPECT_EQ(InventoryFile().service(0)->full_name(), "inventory.InventoryService");
  EXPECT_THAT(CallsOf(*InventoryFile().service(0)),
              ElementsAreArray(Lines{
                  "CheckAndReserveStock(inventory.StockReservationRequest) inventory.StockReservationResponse",
                  "ReleaseReservedStock(inventory.ReleaseStockRequest) inventory.ReleaseStockResponse",
                  "CommitReservation(inventory.CommitReservationRequest) inventory.CommitReservationResponse",
                  "GetInventoryLevels(inventory.GetInventoryLevelsRequest) inventory.GetInventoryLevelsResponse",
                  "AdjustInventory(inventory.AdjustInventoryRequest) inventory.AdjustInventoryResponse",
                  "CreateItem(inventory.CreateItemRequest) inventory.ItemResponse",
                  "GetItem(inventory.GetItemRequest) inventory.ItemResponse",
                  "ListItems(inventory.ListItemsRequest) inventory.ListItemsResponse",
                  "StreamInventoryUpdates(inventory.StreamInventoryUpdatesRequest) stream "
                  "inventory.InventoryUpdateEvent",
              }));
}

TEST(InventoryWire, Fields_AreFixed) {
  ExpectTable(
      InventoryFile(),
      {
          {"inventory.ProductItem", {"1 product_id string", "2 sku string", "3 quantity int32"}},
          {"inventory.ProductAvailability",
           {"1 product_id string", "2 sku string", "3 in_stock bool", "4 available_quantity int32",
            "5 error_message string"}},
          {"inventory.StockReservationRequest",
           {"1 order_id string", "2 items repeated inventory.ProductItem", "3 warehouse_id string"}},
          {"inventory.StockReservationResponse",
           {"1 success bool", "2 reservation_id string", "3 items repeated inventory.ProductAvailability",
            "4 message string"}},
          {"inventory.ReleaseStockRequest", {"1 reservation_id string", "2 order_id string", "3 reason string"}},
          {"inventory.ReleaseStockResponse", {"1 success bool", "2 message string"}},
          {"inventory.CommitReservationRequest", {"1 reservation_id string", "2 order_id string"}},
          {"inventory.CommitReservationResponse", {"1 success bool", "2 message string"}},
          {"inventory.GetInventoryLevelsRequest", {"1 item_ids repeated string", "2 location_ids repeated string"}},
          {"inventory.GetInventoryLevelsResponse", {"1 levels repeated inventory.InventoryLevel"}},
          {"inventory.InventoryLevel",
           {"1 item_id string", "2 quantity int64", "3 reserved int64", "4 available int64", "5 location_id string",
            "6 last_updated " + kTime}},
          {"inventory.AdjustInventoryRequest",
           {"1 item_id string", "2 quantity int64", "3 reason string", "4 location_id string", "5 reference string"}},
          {"inventory.AdjustInventoryResponse", {"1 inventory_level inventory.InventoryLevel"}},
          {"inventory.CreateItemRequest",
           {"1 sku string", "2 name string", "3 description string", "4 category string",
            "5 attributes map<string,string>", "6 location_id string"}},
          {"inventory.GetItemRequest", {"1 id string"}},
          {"inventory.ItemResponse", {"1 item inventory.Item"}},
          {"inventory.Item",
           {"1 id string", "2 sku string", "3 name string", "4 description string", "5 category string",
            "6 attributes map<string,string>", "7 created_at " + kTime, "8 updated_at " + kTime}},
          {"inventory.ListItemsRequest", {"1 page int32", "2 page_size int32", "3 category string"}},
          {"inventory.ListItemsResponse",
           {"1 items repeated inventory.Item", "2 total int32", "3 page int32", "4 page_size int32"}},
          {"inventory.StreamInventoryUpdatesRequest", {"1 item_ids repeated string", "2 location_ids repeated string"}},
          {"inventory.InventoryUpdateEvent",
           {"1 event_id string", "2 event_type string", "3 inventory_level inventory.InventoryLevel",
            "4 timestamp " + kTime}},
      });
}

// Our own definitions must stay what every gRPC client knows under these names.
TEST(ErrorDetailsWire, Fields_AreThePublicOnes) {
  ExpectTable(*google::rpc::Status::descriptor()->file(),
              {{"google.rpc.Status", {"1 code int32", "2 message string", "3 details repeated google.protobuf.Any"}}});
  ExpectTable(
      *google::rpc::BadRequest::descriptor()->file(),
      {
          {"google.rpc.BadRequest", {"1 field_violations repeated google.rpc.BadRequest.FieldViolation"}},
          {"google.rpc.BadRequest.FieldViolation", {"1 field string", "2 description string"}},
          {"google.rpc.PreconditionFailure", {"1 violations repeated google.rpc.PreconditionFailure.Violation"}},
          {"google.rpc.PreconditionFailure.Violation", {"1 type string", "2 subject string", "3 description string"}},
          {"google.rpc.RetryInfo", {"1 retry_delay google.protobuf.Duration"}},
          {"google.rpc.ErrorInfo", {"1 reason string", "2 domain string", "3 metadata map<string,string>"}},
      });
}

}  // namespace
}  // namespace logistics::rpc
