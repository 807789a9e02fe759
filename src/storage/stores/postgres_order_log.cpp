#include "storage/stores/postgres_order_log.hpp"

#include <utility>

#include "storage/rows/change_log.hpp"
#include "storage/rows/order_rows.hpp"
#include "storage/stores/order_changes.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kCommittedAt = {
    "order_log_committed_at",
    "SELECT (extract(epoch from committed_at) * 1000000)::bigint FROM commits WHERE number = $1::bigint"};

// Newest first from a number on: clocks are set back, so older commits need not have earlier times.
constexpr Statement kNumberBefore = {
    "order_log_number_before",
    "SELECT number FROM commits WHERE number <= $1::bigint AND committed_at < $2::timestamptz "
    "ORDER BY number DESC LIMIT 1"};

#define LOGISTICS_STATE_COLUMNS                          \
  "SELECT id, customer_id, version, status, notes, "     \
  "(extract(epoch from created_at) * 1000000)::bigint, " \
  "(extract(epoch from updated_at) * 1000000)::bigint, " \
  "(extract(epoch from clock_timestamp()) * 1000000)::bigint FROM orders "
constexpr Statement kStatesOfAll = {"order_log_states_of_all", LOGISTICS_STATE_COLUMNS
                                    "WHERE (created_at, id) > ($1::timestamptz, $2::uuid) "
                                    "ORDER BY created_at, id LIMIT $3::integer"};
// A range of one customer, not an equality: so only the customer's index has the sort. With an equality the planner may
// walk all orders of all customers instead.
constexpr Statement kStatesOfCustomer = {"order_log_states_of_customer", LOGISTICS_STATE_COLUMNS
                                         "WHERE (customer_id, created_at, id) > ($4::uuid, $1::timestamptz, $2::uuid) "
                                         "AND customer_id <= $4::uuid "
                                         "ORDER BY customer_id, created_at, id LIMIT $3::integer"};
constexpr Statement kStatesOfOrder = {"order_log_states_of_order", LOGISTICS_STATE_COLUMNS
                                      "WHERE id = $4::uuid AND (created_at, id) > ($1::timestamptz, $2::uuid) "
                                      "ORDER BY created_at, id LIMIT $3::integer"};
#undef LOGISTICS_STATE_COLUMNS

pqxx::result SelectStates(Session& session, const ports::OrderScope& scope,
                          const std::optional<ports::OrderStates::After>& after, int limit) {
  Params params;
  if (after) {
    params.Add(after->created_at).Add(after->id.uuid());
  } else {
    params.Add("-infinity").Add(domain::Uuid());
  }
  params.Add(std::int64_t{limit});
  if (scope.order_id) return session.Execute(kStatesOfOrder, params.Add(scope.order_id->uuid()));
  if (scope.customer_id) return session.Execute(kStatesOfCustomer, params.Add(scope.customer_id->uuid()));
  return session.Execute(kStatesOfAll, params);
}

absl::Status DeletedError() { return absl::OutOfRangeError("changes behind it are deleted because of their age"); }

absl::Time ReadLogTime(const pqxx::field& field) { return absl::FromUnixMicros(field.as<std::int64_t>()); }

}  // namespace

absl::StatusOr<ports::LogHead> PostgresOrderLog::Head(const ports::CallContext& context) {
  return pool_.Read(context.deadline, [](Session& session) { return ReadLogHead(session); });
}

absl::StatusOr<ports::OrderChanges> PostgresOrderLog::ReadAfter(const ports::OrderScope& scope,
                                                                const ports::LogPlace& place, int limit,
                                                                const ports::CallContext& context) {
  std::int64_t deleted_up_to = 0;
  auto page = pool_.Read(context.deadline, [&](Session& session) {
    deleted_up_to = ReadDeletedUpTo(session);
    if (scope.order_id) return ChangesOfOrder(session, *scope.order_id, place, limit);
    if (scope.customer_id) return ChangesOfCustomer(session, *scope.customer_id, place, limit);
    return ChangesOfAll(session, place, limit);
  });
  if (page.ok() && deleted_up_to > 0 && place < ports::LogPlace::AfterCommit(deleted_up_to)) return DeletedError();
  return page;
}

absl::StatusOr<ports::OrderStates> PostgresOrderLog::States(const ports::OrderScope& scope,
                                                            const std::optional<ports::OrderStates::After>& after,
                                                            int limit, const ports::CallContext& context) {
  // The pool reads in one snapshot, whose counter is that of the snapshot's last commit.
  return pool_.Read(context.deadline, [&](Session& session) {
    ports::OrderStates page{ReadLastNumber(session), {}, std::nullopt};
    ports::OrderStates::After last;
    for (const pqxx::row& row : SelectStates(session, scope, after, limit + 1)) {
      if (std::ssize(page.orders) == limit) {
        page.next = last;
        break;
      }
      ports::OrderChange state;
      state.place = {page.number, domain::OrderId(ReadUuid(row[0])), row[2].as<std::int64_t>()};
      state.id = ChangeId(state.place);
      state.customer_id = domain::CustomerId(ReadUuid(row[1]));
      state.status = domain::OrderStatusFromKey(row[3].c_str()).value_or(domain::OrderStatus::kUnknown);
      state.notes = row[4].as<std::string>();
      state.changed_at = ReadLogTime(row[6]);
      state.committed_at = ReadLogTime(row[7]);
      last = {ReadLogTime(row[5]), state.place.order_id};
      page.orders.push_back(std::make_shared<const ports::OrderChange>(std::move(state)));
    }
    return page;
  });
}

absl::StatusOr<std::optional<absl::Time>> PostgresOrderLog::CommittedAt(std::int64_t number,
                                                                        const ports::CallContext& context) {
  bool deleted = false;
  auto time = pool_.Read(context.deadline, [&](Session& session) {
    const pqxx::result rows = session.Execute(kCommittedAt, Params().Add(number));
    if (rows.empty()) deleted = number > 0 && number <= ReadDeletedUpTo(session);
    return rows.empty() ? std::nullopt : std::optional(ReadLogTime(rows[0][0]));
  });
  if (time.ok() && deleted) return DeletedError();
  return time;
}

absl::StatusOr<std::int64_t> PostgresOrderLog::NumberBefore(absl::Time time, std::int64_t number,
                                                            const ports::CallContext& context) {
  return pool_.Read(context.deadline, [&](Session& session) {
    const pqxx::result rows = session.Execute(kNumberBefore, Params().Add(number).Add(time));
    return rows.empty() ? std::int64_t{0} : rows[0][0].as<std::int64_t>();
  });
}

}  // namespace logistics::storage
