#include "rpc/orders/order_conversions.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "rpc/call/timestamps.hpp"

namespace logistics::rpc {
namespace {

domain::OrderDraft::Line LineFrom(const ::order::OrderItem& item) {
  return {.product_id = item.product_id(),
          .sku = item.sku(),
          .name = item.name(),
          .quantity = item.quantity(),
          .unit_price = item.unit_price(),
          .total_price = item.total_price()};
}

domain::OrderDraft::Shipping ShippingFrom(const ::order::ShippingInfo& info) {
  return {.info = {.address_line1 = info.address_line1(),
                   .address_line2 = info.address_line2(),
                   .city = info.city(),
                   .state = info.state(),
                   .postal_code = info.postal_code(),
                   .country = info.country(),
                   .recipient_name = info.recipient_name(),
                   .recipient_phone = info.recipient_phone(),
                   .shipping_method = info.shipping_method(),
                   .shipping_cost_minor = 0},
          .shipping_cost = info.shipping_cost()};
}

domain::OrderDraft::Payment PaymentFrom(const ::order::PaymentInfo& info,
                                        std::vector<domain::FieldViolation>& malformed) {
  domain::OrderDraft::Payment payment;
  payment.info.payment_method = info.payment_method();
  payment.info.transaction_id = info.transaction_id();
  payment.info.is_paid = info.is_paid();
  if (info.has_payment_date()) {
    payment.info.payment_date = TimeFrom(info.payment_date(), {"payment_date", "payment_info"}, malformed);
  }
  payment.amount = info.amount();
  payment.currency = info.currency();
  return payment;
}

void FillLine(const domain::OrderLine& line, const domain::Currency& currency, ::order::OrderItem& item) {
  if (line.product_id) item.set_product_id(line.product_id->ToString());
  item.set_sku(line.sku);
  item.set_name(line.name);
  item.set_quantity(line.quantity);
  item.set_unit_price(domain::DoubleFromMinorUnits(line.unit_price_minor, currency));
  item.set_total_price(domain::DoubleFromMinorUnits(line.total_price_minor, currency));
}

void FillShipping(const domain::ShippingInfo& shipping, const domain::Currency& currency, ::order::ShippingInfo& info) {
  info.set_address_line1(shipping.address_line1);
  info.set_address_line2(shipping.address_line2);
  info.set_city(shipping.city);
  info.set_state(shipping.state);
  info.set_postal_code(shipping.postal_code);
  info.set_country(shipping.country);
  info.set_recipient_name(shipping.recipient_name);
  info.set_recipient_phone(shipping.recipient_phone);
  info.set_shipping_method(shipping.shipping_method);
  info.set_shipping_cost(domain::DoubleFromMinorUnits(shipping.shipping_cost_minor, currency));
}

void FillPayment(const domain::PaymentInfo& payment, const domain::Currency& currency, ::order::PaymentInfo& info) {
  info.set_payment_method(payment.payment_method);
  info.set_transaction_id(payment.transaction_id);
  info.set_amount(domain::DoubleFromMinorUnits(payment.amount_minor, currency));
  info.set_currency(std::string(currency.code()));
  info.set_is_paid(payment.is_paid);
  if (payment.payment_date) FillTimestamp(*payment.payment_date, *info.mutable_payment_date());
}

// Counts are 32 bits on the wire; beyond them the largest stands for "at least".
std::int32_t Clamped(std::int64_t count) {
  return static_cast<std::int32_t>(std::min<std::int64_t>(count, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

domain::OrderDraft DraftFrom(const ::order::CreateOrderRequest& request) {
  domain::OrderDraft draft;
  draft.customer_id = request.customer_id();
  draft.warehouse_id = request.warehouse_id();
  draft.notes = request.notes();
  draft.idempotency_key = request.idempotency_key();
  draft.lines.reserve(static_cast<std::size_t>(request.items_size()));
  for (const ::order::OrderItem& item : request.items()) draft.lines.push_back(LineFrom(item));
  if (request.has_shipping_info()) draft.shipping = ShippingFrom(request.shipping_info());
  if (request.has_payment_info()) draft.payment = PaymentFrom(request.payment_info(), draft.malformed);
  return draft;
}

service::UpdateStatusRequest UpdateRequestFrom(const ::order::UpdateOrderStatusRequest& request) {
  return {.order_id = request.order_id(),
          .new_status = static_cast<int>(request.new_status()),
          .notes = request.status_notes(),
          .changed_by = request.changed_by(),
          .expected_version = request.expected_version()};
}

service::CancelRequest CancelRequestFrom(const ::order::CancelOrderRequest& request) {
  return {.order_id = request.order_id(),
          .reason = request.reason(),
          .cancelled_by = request.cancelled_by(),
          .expected_version = request.expected_version()};
}

service::ListRequest ListRequestFrom(const ::order::ListOrdersRequest& request) {
  service::ListRequest list;
  list.page = request.page();
  list.page_size = request.page_size();
  list.status = static_cast<int>(request.status_filter());
  list.customer_id = request.customer_id();
  if (request.has_start_date()) list.start_date = TimeFrom(request.start_date(), "start_date", list.malformed);
  if (request.has_end_date()) list.end_date = TimeFrom(request.end_date(), "end_date", list.malformed);
  list.sort_by = request.sort_by();
  list.sort_desc = request.sort_desc();
  list.page_token = request.page_token();
  return list;
}

service::OrderUpdatesRequest UpdatesRequestFrom(const ::order::StreamOrderUpdatesRequest& request) {
  return {.customer_id = request.customer_id(),
          .order_id = request.order_id(),
          .resume_token = request.resume_token(),
          .include_snapshot = request.include_snapshot()};
}

void FillOrder(const domain::Order& order, ::order::OrderResponse& response) {
  response.set_id(order.id.ToString());
  response.set_customer_id(order.customer_id.ToString());
  response.mutable_items()->Reserve(static_cast<int>(order.lines.size()));
  for (const domain::OrderLine& line : order.lines) FillLine(line, order.currency, *response.add_items());
  if (order.shipping) FillShipping(*order.shipping, order.currency, *response.mutable_shipping_info());
  if (order.payment) FillPayment(*order.payment, order.currency, *response.mutable_payment_info());
  response.set_status(static_cast<::order::OrderStatus>(order.status));
  FillTimestamp(order.created_at, *response.mutable_created_at());
  FillTimestamp(order.updated_at, *response.mutable_updated_at());
  response.set_tracking_number(order.tracking_number);
  response.set_total_amount(domain::DoubleFromMinorUnits(order.total_minor, order.currency));
  response.set_notes(order.notes);
  response.set_version(order.version);
  response.set_warehouse_id(order.warehouse_id.ToString());
}

void FillList(const service::ListResult& result, ::order::ListOrdersResponse& response) {
  for (const domain::Order& order : result.page.orders) FillOrder(order, *response.add_orders());
  const std::int64_t total = result.page.total_count;
  const std::int64_t size = std::max(result.page_size, 1);
  response.set_total_count(Clamped(total));
  response.set_page(result.page_number);
  response.set_page_size(result.page_size);
  response.set_total_pages(Clamped((total + size - 1) / size));
  response.set_next_page_token(result.next_page_token);
  response.set_total_is_lower_bound(result.page.total_is_lower_bound);
}

void FillOrderUpdate(const service::OrderUpdate& update, ::order::OrderStatusEvent& event) {
  event.set_resume_token(update.resume_token);
  if (update.change == nullptr) return;
  const ports::OrderChange& change = *update.change;
  event.set_order_id(change.place.order_id.ToString());
  event.set_previous_status(static_cast<::order::OrderStatus>(change.previous));
  event.set_new_status(static_cast<::order::OrderStatus>(change.status));
  FillTimestamp(change.changed_at, *event.mutable_timestamp());
  event.set_event_id(change.id.ToString());
  event.set_version(change.place.version);
  event.set_notes(change.notes);
  event.set_customer_id(change.customer_id.ToString());
}

}  // namespace logistics::rpc
