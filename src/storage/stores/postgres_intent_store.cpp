#include "storage/stores/postgres_intent_store.hpp"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

constexpr absl::Duration kReadTime = absl::Seconds(10);

constexpr Statement kFindMade = {"find_made",
                                 "SELECT order_id FROM idempotency_keys WHERE customer_id = $1::uuid AND "
                                 "key = $2::text AND encode(fingerprint, 'hex') = $3::text"};
constexpr Statement kLeftIntents = {"left_intents",
                                    "SELECT id FROM reservations WHERE state = 'intent' AND "
                                    "created_at < now() - $1::bigint * interval '1 millisecond' "
                                    "ORDER BY created_at LIMIT $2::integer"};

}  // namespace

absl::StatusOr<ports::IntentAnswer> PostgresIntentStore::Open(const domain::NewOrder& order,
                                                              const ports::CallContext& context) {
  return RunWrite(writes_, commands::OpenIntent{order}, context);
}

absl::StatusOr<domain::Order> PostgresIntentStore::Complete(const domain::NewOrder& order,
                                                            const ports::CallContext& context) {
  return RunWrite(writes_, commands::CompleteIntent{order}, context);
}

absl::StatusOr<bool> PostgresIntentStore::Abandon(const ports::Abandonment& abandonment,
                                                  const ports::CallContext& context) {
  const auto answer = RunWrite(writes_, commands::AbandonIntent{abandonment}, context);
  if (!answer.ok()) return answer.status();
  return answer->changed;
}

absl::StatusOr<std::optional<domain::Order>> PostgresIntentStore::Made(const domain::NewOrder& order,
                                                                       const ports::CallContext& context) {
  if (order.idempotency_key.empty()) return std::nullopt;
  return pool_.Read(context.deadline, [&](Session& session) {
    std::optional<domain::Order> made;
    const Params params = Params()
                              .Add(order.order.customer_id.uuid())
                              .Add(order.idempotency_key)
                              .Add(absl::BytesToHexString(order.fingerprint));
    std::vector<domain::OrderId> ids;
    for (const pqxx::row& row : session.Execute(kFindMade, params)) ids.emplace_back(ReadUuid(row[0]));
    for (domain::Order& found : ReadOrders(session, ids)) made = std::move(found);
    return made;
  });
}

absl::StatusOr<std::vector<domain::Uuid>> PostgresIntentStore::Left(absl::Duration age, int limit) {
  return pool_.Read(absl::Now() + kReadTime, [&](Session& session) {
    std::vector<domain::Uuid> ids;
    const Params params = Params().Add(absl::ToInt64Milliseconds(age)).Add(std::int64_t{limit});
    for (const pqxx::row& row : session.Execute(kLeftIntents, params)) ids.push_back(ReadUuid(row[0]));
    return ids;
  });
}

}  // namespace logistics::storage
