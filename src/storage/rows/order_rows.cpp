#include "storage/rows/order_rows.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace logistics::storage {

using domain::Order;

namespace {

template <typename F>
std::string Text(const F& field) {
  return field.is_null() ? std::string() : std::string(field.c_str(), field.size());
}

template <typename F>
std::int64_t Number(const F& field) {
  return field.is_null() ? 0 : field.template as<std::int64_t>();
}

domain::Uuid UuidOf(std::string_view text) {
  const std::optional<domain::Uuid> id = domain::Uuid::Parse(text);
  if (!id) throw std::runtime_error("not a UUID in the database: " + std::string(text));
  return *id;
}

constexpr Statement kSelectOrders = {"select_orders",
                                     "SELECT " LOGISTICS_ORDER_COLUMNS " FROM orders o WHERE o.id = ANY($1::uuid[])"};
constexpr Statement kLockOrders = {"lock_orders",
                                   "SELECT " LOGISTICS_ORDER_COLUMNS
                                   " FROM orders o WHERE o.id = ANY($1::uuid[]) ORDER BY o.id FOR UPDATE"};
constexpr Statement kSelectLines = {"select_lines",
                                    "SELECT order_id, product_id, sku, name, quantity, unit_price_minor, "
                                    "total_price_minor FROM order_items WHERE order_id = ANY($1::uuid[]) "
                                    "ORDER BY order_id, line_no"};

constexpr std::size_t kOrderColumns = 28;
constexpr Statement kInsertOrders = {
    "insert_orders",
    "INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, "
    "tracking_number, has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, "
    "shipping_postal_code, shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, "
    "shipping_cost_minor, has_payment, payment_method, payment_transaction_id, payment_amount_minor, "
    "payment_is_paid, payment_date, created_at, updated_at) "
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]::order_status[], $5::bigint[], $6::text[], "
    "$7::bigint[], $8::text[], $9::text[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::text[], "
    "$15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[], $21::boolean[], $22::text[], "
    "$23::text[], $24::bigint[], $25::boolean[], $26::timestamptz[], $27::timestamptz[], $28::timestamptz[])"};
constexpr std::size_t kLineColumns = 8;
constexpr Statement kInsertLines = {
    "insert_lines",
    "INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, "
    "total_price_minor) SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::text[], $5::text[], "
    "$6::integer[], $7::bigint[], $8::bigint[])"};
constexpr std::size_t kUpdateColumns = 4;
constexpr Statement kUpdateOrders = {
    "update_orders",
    "UPDATE orders o SET status = c.status, version = c.version, updated_at = c.updated_at "
    "FROM unnest($1::uuid[], $2::text[]::order_status[], $3::bigint[], $4::timestamptz[]) AS "
    "c(id, status, version, updated_at) WHERE o.id = c.id"};

}  // namespace

domain::Uuid ReadUuid(const pqxx::field& field) { return UuidOf({field.c_str(), field.size()}); }
domain::Uuid ReadUuid(const Field& field) { return UuidOf({field.c_str(), field.size()}); }

template <typename R>
Order ReadOrder(const R& row) {
  // In the order of LOGISTICS_ORDER_COLUMNS.
  Order order;
  typename R::size_type i = 0;
  order.id = domain::OrderId(ReadUuid(row[i++]));
  order.customer_id = domain::CustomerId(ReadUuid(row[i++]));
  order.warehouse_id = domain::WarehouseId(ReadUuid(row[i++]));
  order.status = domain::OrderStatusFromKey(row[i++].c_str()).value_or(domain::OrderStatus::kUnknown);
  order.version = Number(row[i++]);
  order.currency = domain::Currency::Find(row[i++].c_str()).value_or(domain::Currency());
  order.total_minor = Number(row[i++]);
  order.notes = Text(row[i++]);
  order.tracking_number = Text(row[i++]);
  const bool has_shipping = row[i++].template as<bool>();
  domain::ShippingInfo shipping;
  for (std::string* text :
       {&shipping.address_line1, &shipping.address_line2, &shipping.city, &shipping.state, &shipping.postal_code,
        &shipping.country, &shipping.recipient_name, &shipping.recipient_phone, &shipping.shipping_method}) {
    *text = Text(row[i++]);
  }
  shipping.shipping_cost_minor = Number(row[i++]);
  if (has_shipping) order.shipping = std::move(shipping);
  const bool has_payment = row[i++].template as<bool>();
  domain::PaymentInfo payment;
  payment.payment_method = Text(row[i++]);
  payment.transaction_id = Text(row[i++]);
  payment.amount_minor = Number(row[i++]);
  payment.is_paid = !row[i].is_null() && row[i].template as<bool>();
  ++i;
  if (!row[i].is_null()) payment.payment_date = absl::FromUnixMicros(Number(row[i]));
  ++i;
  if (has_payment) order.payment = std::move(payment);
  order.created_at = absl::FromUnixMicros(Number(row[i++]));
  order.updated_at = absl::FromUnixMicros(Number(row[i++]));
  return order;
}

template Order ReadOrder(const pqxx::row& row);
template Order ReadOrder(const Row& row);

namespace {

// Adds lines of kSelectLines to their orders.
template <typename Answer>
void AddLines(const Answer& rows, std::span<Order> orders) {
  absl::flat_hash_map<domain::Uuid, Order*> by_id;
  for (Order& order : orders) by_id.emplace(order.id.uuid(), &order);
  for (const auto& row : rows) {
    const auto order = by_id.find(ReadUuid(row[0]));
    if (order == by_id.end()) continue;  // committed between the two statements
    order->second->lines.push_back({domain::ProductId(ReadUuid(row[1])), Text(row[2]), Text(row[3]),
                                    row[4].template as<std::int32_t>(), Number(row[5]), Number(row[6])});
  }
}

ArrayParam ArrayOf(std::span<const domain::OrderId> ids) {
  ArrayParam array;
  for (const domain::OrderId& id : ids) array.Add(id);
  return array;
}

}  // namespace

void ReadLines(Session& session, std::span<Order> orders) {
  if (orders.empty()) return;
  ArrayParam ids;
  for (const Order& order : orders) ids.Add(order.id);
  AddLines(session.Execute(kSelectLines, Params().Add(ids)), orders);
}

std::vector<Order> ReadOrders(Session& session, std::span<const domain::OrderId> ids) {
  std::vector<Order> orders;
  if (ids.empty()) return orders;
  const pqxx::result rows = session.Execute(kSelectOrders, Params().Add(ArrayOf(ids)));
  orders.reserve(rows.size());
  for (const pqxx::row& row : rows) orders.push_back(ReadOrder(row));
  ReadLines(session, orders);
  return orders;
}

void QueueOrders(PipelineSession& session, std::span<const domain::OrderId> ids, bool lock,
                 std::function<void(std::vector<Order>)> take) {
  if (ids.empty()) return;
  const auto orders = std::make_shared<std::vector<Order>>();
  session.Queue(lock ? kLockOrders : kSelectOrders, Params().Add(ArrayOf(ids)), [orders](const Rows& rows) {
    for (const Row& row : rows) orders->push_back(ReadOrder(row));
  });
  // Lines never change, and are there as long as their order.
  session.Queue(kSelectLines, Params().Add(ArrayOf(ids)), [orders, take = std::move(take)](const Rows& rows) {
    AddLines(rows, *orders);
    take(std::move(*orders));
  });
}

void InsertOrders(StatementGroup& group, std::span<const Order> orders) {
  if (orders.empty()) return;
  Columns heads(kOrderColumns);
  Columns lines(kLineColumns);
  for (const Order& order : orders) {
    const domain::ShippingInfo shipping = order.shipping.value_or(domain::ShippingInfo());
    const domain::PaymentInfo payment = order.payment.value_or(domain::PaymentInfo());
    heads.AddRow(order.id, order.customer_id, order.warehouse_id, domain::OrderStatusKey(order.status), order.version,
                 order.currency.code(), order.total_minor, order.notes, order.tracking_number,
                 order.shipping.has_value(), shipping.address_line1, shipping.address_line2, shipping.city,
                 shipping.state, shipping.postal_code, shipping.country, shipping.recipient_name,
                 shipping.recipient_phone, shipping.shipping_method, shipping.shipping_cost_minor,
                 order.payment.has_value(), payment.payment_method, payment.transaction_id, payment.amount_minor,
                 payment.is_paid, payment.payment_date, order.created_at, order.updated_at);
    std::int16_t line_no = 0;
    for (const domain::OrderLine& line : order.lines) {
      lines.AddRow(order.id, ++line_no, *line.product_id, line.sku, line.name, line.quantity, line.unit_price_minor,
                   line.total_price_minor);
    }
  }
  Params head_params;
  heads.AddTo(head_params);
  group.Add(kInsertOrders, std::move(head_params));
  Params line_params;
  lines.AddTo(line_params);
  group.Add(kInsertLines, std::move(line_params));
}

void UpdateOrders(StatementGroup& group, std::span<const Order> orders) {
  if (orders.empty()) return;
  Columns columns(kUpdateColumns);
  for (const Order& order : orders) {
    columns.AddRow(order.id, domain::OrderStatusKey(order.status), order.version, order.updated_at);
  }
  Params params;
  columns.AddTo(params);
  group.Add(kUpdateOrders, std::move(params));
}

}  // namespace logistics::storage
