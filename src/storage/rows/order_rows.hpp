// Orders as rows: the columns, reading them back, writing many at once.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "logistics/domain/order.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_group.hpp"

namespace logistics::storage {

// The select list that ReadOrder understands, for `FROM orders o`.
#define LOGISTICS_ORDER_COLUMNS                                                                                    \
  "o.id, o.customer_id, o.warehouse_id, o.status::text, o.version, o.currency, o.total_minor, o.notes, "           \
  "o.tracking_number, o.has_shipping, o.shipping_address_line1, o.shipping_address_line2, o.shipping_city, "       \
  "o.shipping_state, o.shipping_postal_code, o.shipping_country, o.shipping_recipient_name, "                      \
  "o.shipping_recipient_phone, o.shipping_method, o.shipping_cost_minor, o.has_payment, o.payment_method, "        \
  "o.payment_transaction_id, o.payment_amount_minor, o.payment_is_paid, "                                          \
  "(extract(epoch from o.payment_date) * 1000000)::bigint, (extract(epoch from o.created_at) * 1000000)::bigint, " \
  "(extract(epoch from o.updated_at) * 1000000)::bigint"

// An order without its lines.
domain::Order ReadOrder(const pqxx::row& row);

// Adds the lines of these orders, in their order.
void ReadLines(Session& session, std::span<domain::Order> orders);

// The orders of these ids that exist, with their lines; in no particular order. `lock`: rows are locked until the end
// of the transaction, in the order of their ids.
std::vector<domain::Order> ReadOrders(Session& session, std::span<const domain::OrderId> ids, bool lock);

void InsertOrders(StatementGroup& group, std::span<const domain::Order> orders);

// Writes status, version, updated_at.
void UpdateOrders(StatementGroup& group, std::span<const domain::Order> orders);

domain::Uuid ReadUuid(const pqxx::field& field);

}  // namespace logistics::storage
