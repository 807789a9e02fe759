#include "ctl/orders/orders.hpp"

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "ctl/client/text.hpp"
#include "logistics/domain/ids.hpp"
#include "logistics/domain/order_status.hpp"

namespace logistics::ctl {
namespace {

using OrderStub = ::order::OrderService::Stub;

// --all asks for the largest pages there are.
constexpr int kPageSizeMax = 100;

std::string ItemsText(const ::order::OrderResponse& order, std::string_view currency) {
  Table table({"  product", "sku", "name", "quantity>", "unit price>", "total>"});
  for (const ::order::OrderItem& item : order.items()) {
    table.Add({"  " + item.product_id(), Named(item.sku()), item.name(), absl::StrCat(item.quantity()),
               MoneyText(item.unit_price(), currency), MoneyText(item.total_price(), currency)});
  }
  return table.ToString();
}

std::string ShippingText(const ::order::ShippingInfo& info, std::string_view currency) {
  std::string text;
  for (const std::string& part :
       {info.recipient_name(), info.address_line1(), info.address_line2(), info.postal_code(), info.city(),
        info.state(), info.country(), info.recipient_phone(), info.shipping_method()}) {
    if (!part.empty()) absl::StrAppend(&text, OneLine(part), ", ");
  }
  return text + MoneyText(info.shipping_cost(), currency);
}

std::string PaymentText(const ::order::PaymentInfo& info) {
  std::string text = info.is_paid() ? "paid" : "not paid";
  if (info.has_payment_date()) absl::StrAppend(&text, " ", TimeText(info.payment_date()));
  if (info.amount() != 0) absl::StrAppend(&text, ", ", MoneyText(info.amount(), info.currency()));
  for (const std::string& part : {info.payment_method(), info.transaction_id()}) {
    if (!part.empty()) absl::StrAppend(&text, ", ", OneLine(part));
  }
  return text;
}

std::string OrderText(const ::order::OrderResponse& order) {
  const std::string& currency = order.payment_info().currency();
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text.append(name).append(11 - name.size(), ' ').append(OneLine(value)).append("\n");
  };
  line("order", order.id());
  line("status", absl::StrCat(StatusText(order.status()), ", version ", order.version()));
  line("customer", order.customer_id());
  line("warehouse", order.warehouse_id());
  line("created", TimeText(order.created_at()));
  line("updated", TimeText(order.updated_at()));
  line("tracking", order.tracking_number());
  text += "items\n" + ItemsText(order, currency);
  if (order.has_shipping_info()) line("shipping", ShippingText(order.shipping_info(), currency));
  line("total", MoneyText(order.total_amount(), currency));
  if (order.has_payment_info()) line("payment", PaymentText(order.payment_info()));
  line("notes", order.notes());
  return text;
}

std::string ListText(const ::order::ListOrdersResponse& list, bool all) {
  Table table({"order", "status", "version>", "items>", "total>", "created", "customer"});
  for (const ::order::OrderResponse& order : list.orders()) {
    table.Add({order.id(), StatusText(order.status()), absl::StrCat(order.version()), absl::StrCat(order.items_size()),
               MoneyText(order.total_amount(), order.payment_info().currency()), TimeText(order.created_at()),
               order.customer_id()});
  }
  std::string text = table.ToString();
  if (all) return absl::StrCat(text, list.orders_size(), " orders\n");
  const char* const more = list.total_is_lower_bound() ? "more than " : "";
  absl::StrAppend(&text, list.orders_size(), " of ", more, list.total_count(), " orders, page ", list.page(), " of ",
                  more, list.total_pages(), "\n");
  if (!list.next_page_token().empty()) absl::StrAppend(&text, "next: --page-token ", list.next_page_token(), "\n");
  return text;
}

// The rest of an item behind its product: QTY:PRICE[:NAME]; the name may contain colons.
bool ParseQuantityAndPrice(std::string_view text, ::order::OrderItem& item) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), absl::MaxSplits(':', 2));
  std::int32_t quantity = 0;
  double price = 0;
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &quantity) || !absl::SimpleAtod(parts[1], &price)) return false;
  item.set_quantity(quantity);
  item.set_unit_price(price);
  if (parts.size() == 3) item.set_name(parts[2]);
  return true;
}

// PRODUCT_OR_SKU:QTY:PRICE[:NAME]. A text that is no UUID is a SKU, which may contain colons: it ends before the first
// two numbers, or, in quotes, where the quotes do.
bool ParseItem(std::string_view text, ::order::OrderItem& item) {
  const std::optional<QuotedName> quoted = TakeQuotedName(text);
  if (quoted && ParseQuantityAndPrice(quoted->rest, item)) {
    item.set_sku(quoted->name);
    return true;
  }
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
    if (colon == 0 || !ParseQuantityAndPrice(text.substr(colon + 1), item)) continue;
    const std::string product(text.substr(0, colon));
    domain::Uuid::Parse(product) ? item.set_product_id(product) : item.set_sku(product);
    return true;
  }
  return false;
}

std::optional<::order::OrderStatus> ParseStatus(const std::string& word) {
  const auto status = domain::OrderStatusFromKey(absl::AsciiStrToLower(word));
  if (!status) return std::nullopt;
  return static_cast<::order::OrderStatus>(*status);
}

std::string BadStatus(const std::string& word) {
  return absl::StrCat("\"", word,
                      "\" is no order status: pending, processing, shipped, delivered, cancelled, returned");
}

bool ParseDate(const std::string& text, google::protobuf::Timestamp& timestamp) {
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) &&
      !absl::ParseTime("%Y-%m-%d", text, absl::UTCTimeZone(), &time, nullptr)) {
    return false;
  }
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(
      static_cast<std::int32_t>((time - absl::FromUnixSeconds(timestamp.seconds())) / absl::Nanoseconds(1)));
  return true;
}

// Reads a request from a file of protobuf JSON. Returns the error; empty = none.
std::string ReadRequest(const std::string& path, ::order::CreateOrderRequest& request) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream file(path);
    if (!file) return absl::StrCat("cannot read ", path);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto status = google::protobuf::util::JsonStringToMessage(text, &request);
  return status.ok() ? ""
                     : absl::StrCat(path == "-" ? "stdin" : path,
                                    " is no order.CreateOrderRequest: ", std::string(status.message()));
}

}  // namespace

int CreateOrder(Session& session, const CreateOrderArguments& arguments) {
  ::order::CreateOrderRequest request;
  if (!arguments.file.empty()) {
    if (const std::string error = ReadRequest(arguments.file, request); !error.empty()) return UsageError(error);
  }
  request.MergeFrom(arguments.request);
  for (const std::string& text : arguments.items) {
    if (!ParseItem(text, *request.add_items())) {
      return UsageError(absl::StrCat("--item \"", text,
                                     "\" is not PRODUCT_OR_SKU:QTY:PRICE[:NAME], with a SKU in quotes where its own "
                                     "text could be read so"));
    }
  }
  return session.Ask(session.orders(), &OrderStub::CreateOrder, request, OrderText);
}

int GetOrder(Session& session, const ::order::GetOrderRequest& request) {
  return session.Ask(session.orders(), &OrderStub::GetOrder, request, OrderText);
}

int ListOrders(Session& session, const ListOrdersArguments& arguments) {
  ::order::ListOrdersRequest request = arguments.request;
  if (!arguments.status.empty()) {
    const auto status = ParseStatus(arguments.status);
    if (!status) return UsageError(BadStatus(arguments.status));
    request.set_status_filter(*status);
  }
  for (const auto& [text, mutable_date] : {std::pair(&arguments.from, &::order::ListOrdersRequest::mutable_start_date),
                                           std::pair(&arguments.to, &::order::ListOrdersRequest::mutable_end_date)}) {
    if (!text->empty() && !ParseDate(*text, *(request.*mutable_date)())) {
      return UsageError(absl::StrCat("\"", *text, "\" is neither RFC 3339 nor a date (2024-05-01)"));
    }
  }
  if (arguments.all && request.page_size() == 0) request.set_page_size(kPageSizeMax);

  ::order::ListOrdersResponse list;
  while (true) {
    ::order::ListOrdersResponse page;
    const int code = session.Call(
        [&](grpc::ClientContext& context) { return session.orders().ListOrders(&context, request, &page); });
    if (code != kExitOk) return code;
    list.MergeFrom(page);
    if (!arguments.all || page.next_page_token().empty()) break;
    request.set_page(0);
    request.set_page_token(page.next_page_token());
  }
  if (arguments.all) list.clear_next_page_token();
  return session.Answer(list, [&] { return ListText(list, arguments.all); });
}

int ChangeStatus(Session& session, const ChangeStatusArguments& arguments) {
  ::order::UpdateOrderStatusRequest request = arguments.request;
  const auto status = ParseStatus(arguments.new_status);
  if (!status) return UsageError(BadStatus(arguments.new_status));
  request.set_new_status(*status);
  return session.Ask(session.orders(), &OrderStub::UpdateOrderStatus, request, OrderText);
}

int CancelOrder(Session& session, const ::order::CancelOrderRequest& request) {
  return session.Ask(session.orders(), &OrderStub::CancelOrder, request, OrderText);
}

}  // namespace logistics::ctl
