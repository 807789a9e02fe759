#include "storage/outbox/postgres_outbox.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "storage/coordination/leases.hpp"
#include "storage/rows/outbox_part.hpp"

namespace logistics::storage {

using ports::OutboxMessage;
using ports::OutboxPosition;

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRelayLease = "relay";
constexpr std::size_t kReplacedAtOnceMax = 32;

constexpr Statement kStart = {"outbox_start", "SELECT number, ordinal FROM outbox_position"};
// Without the lease the statement changes nothing and counts 0. Where a row is missing the start position stays.
constexpr Statement kDelete = {
    "outbox_delete", "WITH fence AS (" LOGISTICS_LEASE_FENCE
                     "), gone AS (DELETE FROM outbox o USING unnest($3::uuid[], $4::integer[]) AS k(batch_id, part) "
                     "WHERE o.batch_id = k.batch_id AND o.part = k.part AND EXISTS (SELECT 1 FROM fence) RETURNING 1), "
                     "freed AS (DELETE FROM outbox_quarantine q USING unnest($5::uuid[], $6::integer[]) AS "
                     "k(batch_id, ordinal) WHERE q.batch_id = k.batch_id AND q.ordinal = k.ordinal "
                     "AND EXISTS (SELECT 1 FROM fence) RETURNING 1), "
                     "counted AS (SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM freed) AS rows), "
                     "moved AS (UPDATE outbox_position SET number = $7::bigint, ordinal = $8::integer "
                     "WHERE (number, ordinal) < ($7::bigint, $8::integer) AND EXISTS (SELECT 1 FROM fence) "
                     "AND (SELECT rows FROM counted) = $9::bigint) "
                     "SELECT (SELECT count(*) FROM fence), (SELECT rows FROM counted), " LOGISTICS_WITHOUT_DISK_WAIT};
// Stores the events, and deletes the parts that have no open event left with them.
constexpr Statement kQuarantine = {
    "outbox_quarantine",
    "WITH fence AS (" LOGISTICS_LEASE_FENCE
    "), stored AS (INSERT INTO outbox_quarantine (batch_id, ordinal, number, message_id, stream, routing_key, "
    "event_type, body, order_id, product_id, correlation_id, traceparent, committed_at, reason) "
    "SELECT m.*, $5::text FROM "
    "unnest($6::uuid[], $7::integer[], $8::bigint[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], "
    "$14::uuid[], $15::uuid[], $16::text[], $17::text[], $18::timestamptz[]) AS m WHERE EXISTS (SELECT 1 FROM fence) "
    "ON CONFLICT DO NOTHING RETURNING number, ordinal), "
    "gone AS (DELETE FROM outbox o USING unnest($3::uuid[], $4::integer[]) AS k(batch_id, part) "
    "WHERE o.batch_id = k.batch_id AND o.part = k.part AND EXISTS (SELECT 1 FROM fence)) "
    "SELECT NULL, NULL FROM fence WHERE " LOGISTICS_WITHOUT_DISK_WAIT
    " = 'off' UNION ALL SELECT number, ordinal FROM stored"};
constexpr Statement kReplacePart = {"outbox_replace_part",
                                    "WITH fence AS (" LOGISTICS_LEASE_FENCE
                                    ") UPDATE outbox SET events = decode($5::text, 'hex') WHERE batch_id = $3::uuid "
                                    "AND part = $4::integer AND EXISTS (SELECT 1 FROM fence) "
                                    "RETURNING " LOGISTICS_WITHOUT_DISK_WAIT};

// Not tried again here: the relay has a backoff of its own.
absl::Status Guarded(SessionSlot& slot, const std::function<void(Session&)>& work) {
  const std::optional<Failure> failure = slot.Attempt(Tries::kOnce, work);
  if (!failure) return absl::OkStatus();
  spdlog::debug("the outbox could not be reached: {}", failure->text);
  return failure->status;
}

absl::Status LeaseLost() { return absl::FailedPreconditionError("the relay's lease was lost"); }

void AddKeys(Params& params, const std::vector<OutboxParts::Key>& keys) {
  Columns columns(2);
  for (const OutboxParts::Key& key : keys) columns.AddRow(key.batch_id, std::int64_t{key.part});
  columns.AddTo(params);
}

}  // namespace

Params PostgresOutbox::Fenced() const { return Params().Add(std::string(kRelayLease)).Add(replica_id_); }

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
  parts_.Clear();
  page_end_ = {};
  unreadable_number_ = 0;
  OutboxPosition position;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    const pqxx::result rows = session.Execute(kStart);
    position = {rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int32_t>()};
  });
  if (!status.ok()) return status;
  return position;
}

absl::StatusOr<ports::OutboxPage> PostgresOutbox::ReadAfter(const OutboxPosition& position, int commits_max) {
  ports::OutboxPage page;
  page.position = position;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    ReplacePartlyConfirmed(session);
    // Behind a page that ended within a commit, its next part. At any other place the earlier parts are read too: which
    // of them has the next event is not known.
    const std::int32_t after_part = position == page_end_.position ? page_end_.part : -1;
    const PartRows read = ReadParts(session, position, after_part, commits_max);
    if (read.rows.empty()) return;
    for (const PartRow& row : read.rows) {
      if (row.part) TakePart(session, row, position, page);
    }
    const PartRow& last = read.rows.back();
    page.position = {last.number, OutboxPosition::kEndOfCommit};
    page.more = read.commits == commits_max || read.cut;
    // More parts of the last commit may follow.
    if (read.cut && last.part) {
      page.position.ordinal = *last.part;
      page_end_ = {page.position, *last.part};
    }
  });
  if (!status.ok()) return status;
  return page;
}

void PostgresOutbox::TakePart(Session& session, const PartRow& row, const OutboxPosition& after,
                              ports::OutboxPage& page) {
  std::optional<std::vector<StoredEvent>> events = DecodePart(row.bytes);
  if (!events) {
    if (unreadable_number_ == 0) unreadable_number_ = row.number;
    spdlog::error("the outbox has events that this release cannot read (commit {}): they wait for a later release",
                  row.batch_id.ToString());
    return;
  }
  std::vector<std::int32_t> open;
  std::vector<OutboxMessage> unknown;
  std::vector<std::string> unknown_streams;
  for (StoredEvent& event : *events) {
    if (OutboxPosition{row.number, event.ordinal} <= after || row.quarantined.contains(event.ordinal)) continue;
    open.push_back(event.ordinal);
    const std::string name = event.stream;
    OutboxMessage message = MessageOf(std::move(event), row.batch_id, row.number, row.committed_at);
    if (const auto stream = domain::EventStreamFromName(name)) {
      message.stream = *stream;
      page.messages.push_back(std::move(message));
    } else {
      unknown.push_back(std::move(message));
      unknown_streams.push_back(name);
    }
  }
  parts_.Add({row.batch_id, *row.part}, open, Clock::now());
  if (unknown.empty()) return;
  spdlog::error("{} events of stream {}, which this release does not know, go to quarantine for a later release",
                unknown.size(), unknown_streams.front());
  Store(session, unknown, unknown_streams, "the stream is not known to this release");
}

absl::Status PostgresOutbox::DeleteConfirmed(const std::vector<OutboxMessage>& confirmed, const OutboxPosition& start) {
  absl::Status result;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    std::vector<OutboxParts::Key> parts;
    std::vector<OutboxParts::Key> quarantined;
    bool all_open = true;
    for (const OutboxMessage& message : confirmed) {
      if (message.quarantined) {
        quarantined.push_back({message.batch_id, message.position.ordinal});
      } else {
        all_open = parts_.Close(message.batch_id, message.position.ordinal, parts) && all_open;
      }
    }
    if (!all_open) {
      result = UnavailableError("events were confirmed that were not read since the start position");
      return;
    }
    const OutboxPosition up_to =
        unreadable_number_ == 0 ? start
                                : std::min(start, OutboxPosition{unreadable_number_ - 1, OutboxPosition::kEndOfCommit});
    Params params = Fenced();
    AddKeys(params, parts);
    AddKeys(params, quarantined);
    const auto expected = static_cast<std::int64_t>(parts.size() + quarantined.size());
    params.Add(up_to.number).Add(std::int64_t{up_to.ordinal}).Add(expected);
    const pqxx::result rows = session.Execute(kDelete, params);
    if (rows[0][0].as<int>() != 1) {
      result = LeaseLost();
    } else if (rows[0][1].as<std::int64_t>() != expected) {
      spdlog::warn("the outbox has lost rows that were read from it: the relay begins again at its start position");
      result = UnavailableError("the outbox has changed under the relay");
    } else {
      ReplacePartlyConfirmed(session);
    }
  });
  return status.ok() ? result : status;
}

absl::StatusOr<std::vector<OutboxPosition>> PostgresOutbox::Quarantine(const std::vector<OutboxMessage>& messages,
                                                                       const std::string& reason) {
  std::optional<std::vector<OutboxPosition>> stored;
  const absl::Status status = Guarded(session_, [&](Session& session) {
    std::vector<std::string> streams;
    streams.reserve(messages.size());
    for (const OutboxMessage& message : messages) streams.emplace_back(domain::EventStreamName(message.stream));
    stored = Store(session, messages, streams, reason);
  });
  if (!status.ok()) return status;
  if (!stored) return LeaseLost();
  return *std::move(stored);
}

std::optional<std::vector<OutboxPosition>> PostgresOutbox::Store(Session& session,
                                                                 const std::vector<OutboxMessage>& messages,
                                                                 const std::vector<std::string>& streams,
                                                                 const std::string& reason) {
  std::vector<OutboxParts::Key> finished;
  Columns columns(13);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const OutboxMessage& message = messages[i];
    parts_.Close(message.batch_id, message.position.ordinal, finished);
    columns.AddRow(message.batch_id, std::int64_t{message.position.ordinal}, message.position.number,
                   message.message_id, streams[i], message.routing_key, message.event_type, message.body,
                   message.ordering_key.order_id, message.ordering_key.product_id, message.correlation_id,
                   message.traceparent, message.committed_at);
  }
  Params params = Fenced();
  AddKeys(params, finished);
  params.Add(reason);
  columns.AddTo(params);
  const pqxx::result rows = session.Execute(kQuarantine, params);
  if (rows.empty()) return std::nullopt;
  std::vector<OutboxPosition> stored;
  for (const pqxx::row& row : rows) {
    if (!row[0].is_null()) stored.push_back({row[0].as<std::int64_t>(), row[1].as<std::int32_t>()});
  }
  return stored;
}

absl::StatusOr<std::vector<OutboxMessage>> PostgresOutbox::ReadQuarantined(const OutboxPosition& position, int limit) {
  std::vector<OutboxMessage> messages;
  const absl::Status status =
      Guarded(session_, [&](Session& session) { messages = ReadQuarantinedEvents(session, position, limit); });
  if (!status.ok()) return status;
  return messages;
}

void PostgresOutbox::ReplacePartlyConfirmed(Session& session) {
  const auto now = Clock::now();
  for (const auto& [key, open] : parts_.TakePartlyConfirmed(now - replace_after_, now, kReplacedAtOnceMax)) {
    std::optional<std::vector<StoredEvent>> events = ReadPart(session, key.batch_id, key.part);
    if (!events) continue;
    const absl::flat_hash_set<std::int32_t> wanted(open.begin(), open.end());
    std::erase_if(*events, [&](const StoredEvent& event) { return !wanted.contains(event.ordinal); });
    const std::vector<OutboxPart> encoded = EncodeParts(*events);
    if (encoded.size() != 1) continue;
    Params params = Fenced();
    params.Add(key.batch_id).Add(std::int64_t{key.part}).Add(absl::BytesToHexString(encoded.front().bytes));
    session.Execute(kReplacePart, params);
  }
}

}  // namespace logistics::storage
