#include "storage/rows/outbox_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kInsertOutbox = {
    "insert_outbox",
    "INSERT INTO outbox (batch_id, ordinal, message_id, stream, routing_key, event_type, body, order_id, product_id, "
    "correlation_id, traceparent) SELECT $1::uuid, e.* FROM unnest($2::integer[], $3::uuid[], $4::text[], "
    "$5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::text[], $11::text[]) AS e"};

}  // namespace

void InsertOutbox(StatementGroup& group, std::span<const commands::OutboxRow> outbox,
                  const ports::EventEncoder& encoder, const domain::Uuid& batch_id) {
  if (outbox.empty()) return;
  Columns columns(10);
  for (const commands::OutboxRow& row : outbox) {
    const domain::OrderingKey key = domain::OrderingKeyOf(row.event.data);
    columns.AddRow(static_cast<std::int64_t>(columns.rows()), row.event.id,
                   domain::EventStreamName(domain::StreamOf(row.event.data)), domain::RoutingKey(row.event.data),
                   domain::EventType(row.event.data), encoder.Encode(row.event), key.order_id, key.product_id,
                   row.cause.correlation_id, row.cause.traceparent);
  }
  Params params;
  params.Add(batch_id);
  columns.AddTo(params);
  group.Add(kInsertOutbox, params);
}

}  // namespace logistics::storage
