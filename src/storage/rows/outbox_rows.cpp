#include "storage/rows/outbox_rows.hpp"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kInsertOutbox = {
    "insert_outbox", "INSERT INTO outbox (batch_id, part, events) VALUES ($1::uuid, $2::integer, $3::bytea)"};

constexpr std::int64_t kReadBytesMax = std::int64_t{1024} * 1024;

// The parts of the next commits by number: whatever the statistics say, it walks commits_number and, for each commit,
// its rows by their key. OFFSET 0 keeps the planner from turning that into a join over the table. Bytes are counted
// before they are read: parts are not compressed. A commit without parts is a row without a part.
constexpr Statement kReadParts = {
    "outbox_read",
    "WITH page AS MATERIALIZED (SELECT number, batch_id, committed_at FROM commits "
    "WHERE number >= $1::bigint ORDER BY number LIMIT $2::bigint), "
    "parts AS (SELECT p.number, p.batch_id, p.committed_at, o.part, o.events, octet_length(o.events) AS bytes, "
    "sum(octet_length(o.events)) OVER (ORDER BY p.number, o.part) AS total, count(*) OVER () AS all_rows "
    "FROM page p LEFT JOIN LATERAL "
    "(SELECT part, events FROM outbox WHERE batch_id = p.batch_id OFFSET 0) o "
    "ON p.number > $5::bigint OR o.part > $3::integer) "
    "SELECT number, batch_id, part, encode(events, 'hex'), (SELECT string_agg(q.ordinal::text, ',') "
    "FROM outbox_quarantine q WHERE q.batch_id = parts.batch_id), (SELECT count(*) FROM page), "
    "(extract(epoch from committed_at) * 1000000)::bigint, all_rows "
    "FROM parts WHERE coalesce(total - coalesce(bytes, 0), 0) < $4::bigint ORDER BY number, part"};
constexpr Statement kReadPart = {
    "outbox_read_part", "SELECT encode(events, 'hex') FROM outbox WHERE batch_id = $1::uuid AND part = $2::integer"};
constexpr Statement kReadQuarantined = {
    "outbox_read_quarantined",
    "SELECT number, ordinal, batch_id, message_id, stream, routing_key, event_type, body, order_id, product_id, "
    "correlation_id, traceparent, (extract(epoch from committed_at) * 1000000)::bigint FROM outbox_quarantine WHERE "
    "(number, ordinal) > ($1::bigint, $2::integer) "
    "AND stream = ANY($4::text[]) ORDER BY number, ordinal LIMIT $3::bigint"};

absl::flat_hash_set<std::int32_t> Ordinals(const pqxx::field& list) {
  absl::flat_hash_set<std::int32_t> ordinals;
  if (list.is_null()) return ordinals;
  for (const auto text : absl::StrSplit(list.c_str(), ',')) {
    std::int32_t ordinal = 0;
    if (absl::SimpleAtoi(text, &ordinal)) ordinals.insert(ordinal);
  }
  return ordinals;
}

}  // namespace

ArrayParam KnownStreams() {
  ArrayParam names;
  for (const auto stream : {domain::EventStream::kOrder, domain::EventStream::kInventory}) {
    names.Add(domain::EventStreamName(stream));
  }
  return names;
}

void InsertOutbox(StatementGroup& group, std::span<const commands::OutboxRow> outbox,
                  const ports::EventEncoder& encoder, const domain::Uuid& batch_id) {
  if (outbox.empty()) return;
  std::vector<StoredEvent> events;
  events.reserve(outbox.size());
  for (const commands::OutboxRow& row : outbox) {
    const domain::OrderingKey key = domain::OrderingKeyOf(row.event.data);
    events.push_back({static_cast<std::int32_t>(events.size()), row.event.id,
                      std::string(domain::EventStreamName(domain::StreamOf(row.event.data))),
                      domain::RoutingKey(row.event.data), std::string(domain::EventType(row.event.data)),
                      encoder.Encode(row.event), key.order_id, key.product_id, row.cause.correlation_id,
                      row.cause.traceparent});
  }
  for (OutboxPart& part : EncodeParts(events)) {
    group.Add(kInsertOutbox, Params().Add(batch_id).Add(std::int64_t{part.part}).AddBytes(std::move(part.bytes)));
  }
}

PartRows ReadParts(Session& session, const ports::OutboxPosition& position, std::int32_t after_part, int commits_max) {
  const Params params = Params()
                            .Add(position.end_of_commit() ? position.number + 1 : position.number)
                            .Add(std::int64_t{commits_max})
                            .Add(std::int64_t{after_part})
                            .Add(kReadBytesMax)
                            .Add(position.number);
  PartRows read;
  std::int64_t left = 0;
  for (const pqxx::row& row : session.Execute(kReadParts, params)) {
    PartRow& part = read.rows.emplace_back();
    part.number = row[0].as<std::int64_t>();
    part.batch_id = ReadUuid(row[1]);
    if (!row[2].is_null()) {
      part.part = row[2].as<std::int32_t>();
      part.bytes = absl::HexStringToBytes(row[3].c_str());
    }
    part.quarantined = Ordinals(row[4]);
    read.commits = row[5].as<std::int64_t>();
    part.committed_at = absl::FromUnixMicros(row[6].as<std::int64_t>());
    left = row[7].as<std::int64_t>() - std::ssize(read.rows);
  }
  read.cut = left > 0;
  return read;
}

std::optional<std::vector<StoredEvent>> ReadPart(Session& session, const domain::Uuid& batch_id, std::int32_t part) {
  const pqxx::result rows = session.Execute(kReadPart, Params().Add(batch_id).Add(std::int64_t{part}));
  if (rows.empty()) return std::nullopt;
  return DecodePart(absl::HexStringToBytes(rows[0][0].c_str()));
}

std::vector<ports::OutboxMessage> ReadQuarantinedEvents(Session& session, const ports::OutboxPosition& position,
                                                        int limit) {
  const Params params =
      Params().Add(position.number).Add(std::int64_t{position.ordinal}).Add(std::int64_t{limit}).Add(KnownStreams());
  std::vector<ports::OutboxMessage> messages;
  for (const pqxx::row& row : session.Execute(kReadQuarantined, params)) {
    StoredEvent event;
    event.ordinal = row[1].as<std::int32_t>();
    event.message_id = ReadUuid(row[3]);
    event.routing_key = row[5].c_str();
    event.event_type = row[6].c_str();
    event.body = std::string(row[7].c_str(), row[7].size());
    if (!row[8].is_null()) event.order_id = domain::OrderId(ReadUuid(row[8]));
    if (!row[9].is_null()) event.product_id = domain::ProductId(ReadUuid(row[9]));
    event.correlation_id = row[10].c_str();
    event.traceparent = row[11].c_str();
    messages.push_back(MessageOf(std::move(event), ReadUuid(row[2]), row[0].as<std::int64_t>(),
                                 absl::FromUnixMicros(row[12].as<std::int64_t>())));
    messages.back().stream = domain::EventStreamFromName(row[4].c_str()).value();
    messages.back().quarantined = true;
  }
  return messages;
}

ports::OutboxMessage MessageOf(StoredEvent event, const domain::Uuid& batch_id, std::int64_t number,
                               absl::Time committed_at) {
  ports::OutboxMessage message;
  message.position = {number, event.ordinal};
  message.batch_id = batch_id;
  message.committed_at = committed_at;
  message.message_id = event.message_id;
  message.routing_key = std::move(event.routing_key);
  message.event_type = std::move(event.event_type);
  message.body = std::move(event.body);
  message.ordering_key = {event.order_id, event.product_id};
  message.correlation_id = std::move(event.correlation_id);
  message.traceparent = std::move(event.traceparent);
  return message;
}

}  // namespace logistics::storage
