// Orders as rows: the columns, reading them back, writing many at once.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "logistics/domain/order.hpp"
#include "storage/postgres/pipeline_session.hpp"
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

// An order without its lines, from a pqxx::row or a Row.
template <typename R>
domain::Order ReadOrder(const R& row);

// Adds the lines of these orders, in their order.
void ReadLines(Session& session, std::span<domain::Order> orders);

// The orders of these ids that exist, with their lines; in no particular order.
std::vector<domain::Order> ReadOrders(Session& session, std::span<const domain::OrderId> ids);

// The same for a writer, queued. `lock`: rows are locked until the end of the transaction, in the order of their ids.
void QueueOrders(PipelineSession& session, std::span<const domain::OrderId> ids, bool lock,
                 std::function<void(std::vector<domain::Order>)> take);

void InsertOrders(StatementGroup& group, std::span<const domain::Order> orders);

// Writes status, version, updated_at.
void UpdateOrders(StatementGroup& group, std::span<const domain::Order> orders);

domain::Uuid ReadUuid(const pqxx::field& field);
domain::Uuid ReadUuid(const Field& field);

}  // namespace logistics::storage
