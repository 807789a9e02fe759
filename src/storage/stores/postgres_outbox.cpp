#include "storage/stores/postgres_outbox.hpp"

#include <spdlog/spdlog.h>

#include <functional>
#include <optional>
#include <stdexcept>

#include "storage/coordination/leases.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {

using ports::OutboxMessage;
using ports::OutboxPosition;

namespace {

constexpr const char* kRelayLease = "relay";

#define LOGISTICS_OUTBOX_COLUMNS                                                                               \
  "c.number, o.ordinal, o.batch_id, o.message_id, o.stream, o.routing_key, o.event_type, o.body, o.order_id, " \
  "o.product_id, o.correlation_id, o.traceparent, (extract(epoch from o.created_at) * 1000000)::bigint"

constexpr Statement kStart = {"outbox_start", "SELECT number, ordinal FROM outbox_position"};
constexpr Statement kReadOutboxAfter = {
    "outbox_read",
    "SELECT " LOGISTICS_OUTBOX_COLUMNS
    " FROM commits c JOIN outbox o ON o.batch_id = c.batch_id "
    "WHERE c.number >= $1::bigint AND (c.number > $1::bigint OR o.ordinal > $2::integer) AND o.held_at IS NULL "
    "ORDER BY c.number, o.ordinal LIMIT $3::integer"};
constexpr Statement kReadQuarantined = {
    "outbox_read_quarantined", "SELECT " LOGISTICS_OUTBOX_COLUMNS
                               " FROM outbox o JOIN commits c ON c.batch_id = o.batch_id "
                               "WHERE o.held_at IS NOT NULL AND (c.number, o.ordinal) > ($1::bigint, $2::integer) "
                               "ORDER BY c.number, o.ordinal LIMIT $3::integer"};
// Without the lease the statement changes nothing and counts 0.
constexpr Statement kDelete = {
    "outbox_delete", "WITH fence AS (" LOGISTICS_LEASE_FENCE
                     "), gone AS (DELETE FROM outbox o USING unnest($3::uuid[], $4::integer[]) AS k(batch_id, ordinal) "
                     "WHERE o.batch_id = k.batch_id AND o.ordinal = k.ordinal AND EXISTS (SELECT 1 FROM fence)), "
                     "moved AS (UPDATE outbox_position SET number = $5::bigint, ordinal = $6::integer "
                     "WHERE (number, ordinal) < ($5::bigint, $6::integer) AND EXISTS (SELECT 1 FROM fence)) "
                     "SELECT count(*) FROM fence"};
constexpr Statement kQuarantine = {
    "outbox_quarantine",
    "WITH fence AS (" LOGISTICS_LEASE_FENCE
    "), quarantined AS (UPDATE outbox o SET held_at = coalesce(o.held_at, now()), held_reason = $5::text "
    "FROM unnest($3::uuid[], $4::integer[]) AS k(batch_id, ordinal) "
    "WHERE o.batch_id = k.batch_id AND o.ordinal = k.ordinal AND EXISTS (SELECT 1 FROM fence)) "
    "SELECT count(*) FROM fence"};
constexpr Statement kOutboxStats = {
    "outbox_stats",
    "SELECT count(*), count(held_at), coalesce((extract(epoch from clock_timestamp() - min(created_at)) * "
    "1000000)::bigint, 0) FROM outbox"};

OutboxMessage ReadMessage(const pqxx::row& row) {
  OutboxMessage message;
  message.position = {row[0].as<std::int64_t>(), row[1].as<std::int32_t>()};
  message.batch_id = ReadUuid(row[2]);
  message.message_id = ReadUuid(row[3]);
  const auto stream = domain::EventStreamFromName(row[4].c_str());
  if (!stream) throw std::runtime_error(std::string("unknown stream in the outbox: ") + row[4].c_str());
  message.stream = *stream;
  message.routing_key = row[5].c_str();
  message.event_type = row[6].c_str();
  message.body = std::string(row[7].c_str(), row[7].size());
  if (!row[8].is_null()) message.ordering_key.order_id = domain::OrderId(ReadUuid(row[8]));
  if (!row[9].is_null()) message.ordering_key.product_id = domain::ProductId(ReadUuid(row[9]));
  message.correlation_id = row[10].c_str();
  message.traceparent = row[11].c_str();
  message.created_at = absl::FromUnixMicros(row[12].as<std::int64_t>());
  return message;
}

// Not tried again here: the relay has a backoff of its own.
absl::Status Guarded(SessionSlot& slot, const std::function<void(Session&)>& work) {
  const std::optional<Failure> failure = slot.Attempt(Tries::kOnce, work);
  if (!failure) return absl::OkStatus();
  spdlog::debug("the outbox could not be reached: {}", failure->text);
  return failure->status;
}

absl::Status RequireFence(const pqxx::result& result) {
  if (result[0][0].as<int>() == 1) return absl::OkStatus();
  return absl::FailedPreconditionError("the relay's lease was lost");
}

void AddKeys(Params& params, const std::vector<OutboxMessage>& messages) {
  Columns columns(2);
  for (const OutboxMessage& message : messages) columns.AddRow(message.batch_id, message.position.ordinal);
  columns.AddTo(params);
}

}  // namespace

absl::StatusOr<bool> PostgresOutbox::AcquireLease(absl::Duration ttl) {
  bool acquired = false;
  const absl::Status status = Guarded(
      session_, [&](Session& session) { acquired = storage::AcquireLease(session, kRelayLease, replica_id_, ttl); });
  if (!status.ok()) return status;
  return acquired;
}

absl::Status PostgresOutbox::ReleaseLease() {
  return Guarded(session_, [&](Session& session) { storage::ReleaseLease(session, kRelayLease, replica_id_); });
}

absl::StatusOr<OutboxPosition> PostgresOutbox::StartPosition() {
  OutboxPosition position;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    const pqxx::result rows = session.Execute(kStart);
    position = {rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int32_t>()};
  });
  if (!status.ok()) return status;
  return position;
}

absl::StatusOr<std::vector<OutboxMessage>> PostgresOutbox::ReadAfter(const OutboxPosition& position, int limit) {
  return Read(kReadOutboxAfter, position, limit);
}

absl::StatusOr<std::vector<OutboxMessage>> PostgresOutbox::ReadQuarantined(const OutboxPosition& position, int limit) {
  return Read(kReadQuarantined, position, limit);
}

absl::StatusOr<std::vector<OutboxMessage>> PostgresOutbox::Read(const Statement& statement,
                                                                const OutboxPosition& position, int limit) {
  std::vector<OutboxMessage> messages;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    const Params params = Params().Add(position.number).Add(std::int64_t{position.ordinal}).Add(std::int64_t{limit});
    const pqxx::result rows = session.Execute(statement, params);
    messages.reserve(rows.size());
    for (const pqxx::row& row : rows) messages.push_back(ReadMessage(row));
  });
  if (!status.ok()) return status;
  return messages;
}

absl::Status PostgresOutbox::DeleteConfirmed(const std::vector<OutboxMessage>& confirmed, const OutboxPosition& start) {
  absl::Status fenced;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    Params params = Params().Add(std::string(kRelayLease)).Add(replica_id_);
    AddKeys(params, confirmed);
    params.Add(start.number).Add(std::int64_t{start.ordinal});
    fenced = RequireFence(session.Execute(kDelete, params));
  });
  return status.ok() ? fenced : status;
}

absl::Status PostgresOutbox::Quarantine(const std::vector<OutboxMessage>& messages, const std::string& reason) {
  absl::Status fenced;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    Params params = Params().Add(std::string(kRelayLease)).Add(replica_id_);
    AddKeys(params, messages);
    fenced = RequireFence(session.Execute(kQuarantine, params.Add(reason)));
  });
  return status.ok() ? fenced : status;
}

absl::StatusOr<ports::OutboxStats> PostgresOutbox::Stats() {
  ports::OutboxStats stats;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    const pqxx::result rows = session.Execute(kOutboxStats);
    stats = {rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int64_t>(),
             absl::Microseconds(rows[0][2].as<std::int64_t>())};
  });
  if (!status.ok()) return status;
  return stats;
}

}  // namespace logistics::storage
