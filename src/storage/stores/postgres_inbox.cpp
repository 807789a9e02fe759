#include "storage/stores/postgres_inbox.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/validation.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

#define LOGISTICS_WAITING_COLUMNS                                                                       \
  "w.id, w.consumer, w.message_id, w.exchange, w.routing_key, w.event_type, w.body, w.correlation_id, " \
  "w.traceparent, w.order_id, w.attempts, (extract(epoch from w.arrived_at) * 1000000)::bigint, "       \
  "(extract(epoch from w.due_at) * 1000000)::bigint, w.last_error "

// Sent again after a lost answer, the statement finds its row and leaves it as it is.
constexpr Statement kPark = {
    "park_message",
    "INSERT INTO inbox_waiting (consumer, message_id, order_id, exchange, routing_key, event_type, body, "
    "correlation_id, traceparent, attempts, due_at, last_error) VALUES ($1::text, $2::text, $3::uuid, $4::text, "
    "$5::text, $6::text, $7::text, $8::text, $9::text, $10::integer, "
    "clock_timestamp() + $11::bigint * interval '1 millisecond', $12::text) "
    "ON CONFLICT (consumer, message_id) DO NOTHING"};
constexpr Statement kDue = {"due_messages", "SELECT " LOGISTICS_WAITING_COLUMNS
                                            "FROM inbox_waiting w WHERE w.consumer = $1::text AND w.due_at <= now() "
                                            "AND NOT EXISTS (SELECT FROM inbox_waiting e WHERE e.consumer = w.consumer "
                                            "AND e.order_id = w.order_id AND e.id < w.id) "
                                            "ORDER BY w.id LIMIT $2::integer"};
constexpr Statement kPutOff = {"put_off_message",
                               "UPDATE inbox_waiting SET attempts = attempts + 1, set_aside = false, "
                               "due_at = clock_timestamp() + $2::bigint * interval '1 millisecond', "
                               "last_error = $3::text WHERE id = $1::bigint"};
constexpr Statement kSetAside = {"set_message_aside",
                                 "UPDATE inbox_waiting SET set_aside = true, "
                                 "due_at = clock_timestamp() + $2::bigint * interval '1 millisecond', "
                                 "last_error = $3::text WHERE id = $1::bigint"};
constexpr Statement kRemove = {"remove_message", "DELETE FROM inbox_waiting WHERE id = $1::bigint"};
constexpr Statement kListWaiting = {"list_waiting", "SELECT " LOGISTICS_WAITING_COLUMNS
                                                    "FROM inbox_waiting w WHERE ($1::text = '' OR w.consumer = "
                                                    "$1::text) AND w.id > $2::bigint ORDER BY w.id LIMIT $3::integer"};
constexpr Statement kInboxStats = {"inbox_stats",
                                   "SELECT count(*), (extract(epoch from min(arrived_at)) * 1000000)::bigint FROM "
                                   "(SELECT arrived_at FROM inbox_waiting WHERE consumer = $1::text "
                                   "ORDER BY id LIMIT $2::integer) oldest"};
#undef LOGISTICS_WAITING_COLUMNS

// In the order of LOGISTICS_WAITING_COLUMNS.
ports::WaitingMessage ReadWaiting(const pqxx::row& row) {
  ports::WaitingMessage waiting;
  pqxx::row::size_type i = 0;
  waiting.id = row[i++].as<std::int64_t>();
  ports::InboundMessage& message = waiting.message;
  for (std::string* text : {&message.consumer, &message.message_id, &message.exchange, &message.routing_key,
                            &message.event_type, &message.body, &message.correlation_id, &message.traceparent}) {
    *text = row[i++].as<std::string>();
  }
  message.order_id = domain::OrderId(ReadUuid(row[i++]));
  waiting.attempts = row[i++].as<int>();
  waiting.arrived_at = absl::FromUnixMicros(row[i++].as<std::int64_t>());
  waiting.due_at = absl::FromUnixMicros(row[i++].as<std::int64_t>());
  waiting.last_error = row[i++].as<std::string>();
  return waiting;
}

// The reason why a message waits is only displayed: text that Postgres cannot store is not worth a failure.
std::string Storable(const std::string& error) {
  return domain::IsCleanText(error) ? error : std::string("an error whose text is not valid UTF-8");
}

}  // namespace

absl::Status PostgresInbox::Park(const ports::InboundMessage& message, int attempts, absl::Duration delay,
                                 const std::string& error, const ports::CallContext& context) {
  for (const std::string* text : {&message.consumer, &message.message_id, &message.exchange, &message.routing_key,
                                  &message.event_type, &message.body, &message.correlation_id, &message.traceparent}) {
    if (!domain::IsCleanText(*text)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a message cannot be stored: ", domain::Quoted(*text), " is not valid UTF-8 text"));
    }
  }
  const Params params = Params()
                            .Add(message.consumer)
                            .Add(message.message_id)
                            .Add(message.order_id.uuid())
                            .Add(message.exchange)
                            .Add(message.routing_key)
                            .Add(message.event_type)
                            .Add(message.body)
                            .Add(message.correlation_id)
                            .Add(message.traceparent)
                            .Add(std::int64_t{attempts})
                            .Add(absl::ToInt64Milliseconds(delay))
                            .Add(Storable(error));
  return pool_.Write(context.deadline, [&](Session& session) { session.Execute(kPark, params); });
}

absl::StatusOr<std::vector<ports::WaitingMessage>> PostgresInbox::Due(const std::string& consumer, int limit,
                                                                      const ports::CallContext& context) {
  return Read(kDue, Params().Add(consumer).Add(std::int64_t{limit}), context);
}

absl::Status PostgresInbox::PutOff(std::int64_t id, absl::Duration delay, const std::string& error,
                                   const ports::CallContext& context) {
  const Params params = Params().Add(id).Add(absl::ToInt64Milliseconds(delay)).Add(Storable(error));
  return pool_.Write(context.deadline, [&](Session& session) { session.Execute(kPutOff, params); });
}

absl::Status PostgresInbox::SetAside(std::int64_t id, absl::Duration delay, const std::string& why,
                                     const ports::CallContext& context) {
  const Params params = Params().Add(id).Add(absl::ToInt64Milliseconds(delay)).Add(Storable(why));
  return pool_.Write(context.deadline, [&](Session& session) { session.Execute(kSetAside, params); });
}

absl::Status PostgresInbox::Remove(std::int64_t id, const ports::CallContext& context) {
  return pool_.Write(context.deadline, [&](Session& session) { session.Execute(kRemove, Params().Add(id)); });
}

absl::StatusOr<std::vector<ports::WaitingMessage>> PostgresInbox::List(const std::string& consumer, std::int64_t after,
                                                                       int limit, const ports::CallContext& context) {
  return Read(kListWaiting, Params().Add(consumer).Add(after).Add(std::int64_t{limit}), context);
}

absl::StatusOr<ports::InboxStats> PostgresInbox::Stats(const std::string& consumer, int count_max,
                                                       const ports::CallContext& context) {
  const Params params = Params().Add(consumer).Add(std::int64_t{count_max});
  return pool_.Read(context.deadline, [&](Session& session) {
    const pqxx::result rows = session.Execute(kInboxStats, params);
    ports::InboxStats stats;
    stats.waiting = rows[0][0].as<std::int64_t>();
    if (!rows[0][1].is_null()) stats.oldest_arrived_at = absl::FromUnixMicros(rows[0][1].as<std::int64_t>());
    return stats;
  });
}

absl::StatusOr<std::vector<ports::WaitingMessage>> PostgresInbox::Read(const Statement& statement, const Params& params,
                                                                       const ports::CallContext& context) {
  return pool_.Read(context.deadline, [&](Session& session) {
    std::vector<ports::WaitingMessage> messages;
    for (const pqxx::row& row : session.Execute(statement, params)) messages.push_back(ReadWaiting(row));
    return messages;
  });
}

}  // namespace logistics::storage
