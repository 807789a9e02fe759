#include "storage/stores/postgres_reservation_ledger.hpp"

#include <algorithm>

#include "logistics/ports/settlement_store.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

// One transaction requeues reservations of so long a time: each stays short, however long the whole takes.
constexpr absl::Duration kSlice = absl::Hours(6);

constexpr Statement kNow = {"reservation_ledger_now", "SELECT (extract(epoch from now()) * 1000000)::bigint"};

// $1: since when. A row has the time of its transaction's start, so a row created since may look a little older: by 5
// s, much above the time of a commit. A step 'restock' comes after the commit, when the peer reserves nothing.
// By its key, whatever the planner thinks of a join.
#define LOGISTICS_RESERVATION_OF_SETTLEMENT \
  "LATERAL (SELECT * FROM reservations x WHERE x.id = s.reservation_id OFFSET 0) r"
#define LOGISTICS_PENDING_STEPS "s.steps && ARRAY['release', 'release_again', 'commit']"
constexpr Statement kExpected = {
    "reservation_ledger_expected",
    "WITH counted AS ("
    "SELECT r.warehouse_id, r.product_ids, r.quantities, s.reservation_id IS NULL AND r.updated_at < $1::timestamptz "
    "AS held, s.reservation_id IS NOT NULL OR r.updated_at >= $1::timestamptz AS in_flight, false AS created_since "
    "FROM reservations r LEFT JOIN settlements s ON s.reservation_id = r.id WHERE r.state = 'held' AND r.keeper = "
    "'peer' "
    "UNION ALL SELECT r.warehouse_id, r.product_ids, r.quantities, false, true, false FROM reservations r "
    "WHERE r.state = 'intent' "
    "UNION ALL SELECT r.warehouse_id, r.product_ids, r.quantities, false, true, false FROM settlements s "
    "CROSS JOIN " LOGISTICS_RESERVATION_OF_SETTLEMENT
    " WHERE r.state NOT IN ('held', 'intent') "
    "AND " LOGISTICS_PENDING_STEPS
    " "
    "UNION ALL SELECT r.warehouse_id, r.product_ids, r.quantities, false, false, true FROM reservations r "
    "WHERE r.created_at >= $1::timestamptz - interval '5 seconds' AND r.keeper = 'peer' "
    // A reserve that lands after its release is released again: it counts as created with its settlement.
    "UNION ALL SELECT r.warehouse_id, r.product_ids, r.quantities, false, false, true FROM settlements s "
    "CROSS JOIN " LOGISTICS_RESERVATION_OF_SETTLEMENT
    " WHERE s.created_at >= $1::timestamptz - interval '5 seconds' "
    "AND r.state = 'released' AND r.created_at < $1::timestamptz - interval '5 seconds') "
    "SELECT i.product_id, c.warehouse_id, coalesce(sum(i.quantity) FILTER (WHERE c.held), 0), "
    "coalesce(sum(i.quantity) FILTER (WHERE c.in_flight), 0), coalesce(sum(i.quantity) FILTER (WHERE c.created_since), "
    "0) "
    "FROM counted c CROSS JOIN LATERAL unnest(c.product_ids, c.quantities) AS i(product_id, quantity) "
    "GROUP BY i.product_id, c.warehouse_id ORDER BY i.product_id, c.warehouse_id"};

// Of one slice, $2 to $3 microseconds ago. The rows are locked in the order of their ids, as all writers do, and looked
// at again under the lock.
constexpr Statement kRequeue = {
    "reservation_ledger_requeue",
    "WITH ours AS MATERIALIZED (SELECT r.id, r.state FROM reservations r "
    "WHERE r.created_at >= now() - $3::bigint * interval '1 microsecond' "
    "AND r.created_at < now() - $2::bigint * interval '1 microsecond' AND r.state IN ('released', 'committed') "
    "AND r.keeper = 'peer' AND r.product_ids && $1::uuid[] "
    "AND NOT EXISTS (SELECT 1 FROM settlements s WHERE s.reservation_id = r.id) "
    "ORDER BY r.id LIMIT $4::integer FOR UPDATE OF r) "
    "INSERT INTO settlements (reservation_id, steps, reason, due_at) "
    "SELECT id, ARRAY[CASE state WHEN 'released' THEN 'release' ELSE 'commit' END], $5::text, now() FROM ours "
    "ON CONFLICT DO NOTHING"};

constexpr Statement kInDoubt = {
    "reservation_ledger_in_doubt",
    "SELECT reservation_id, product_id, warehouse_id, sku, quantity, reason, "
    "(extract(epoch from since) * 1000000)::bigint FROM restocks_in_doubt ORDER BY since LIMIT $1::integer"};

}  // namespace

absl::StatusOr<ports::ReservationSnapshot> PostgresReservationLedger::Snapshot(std::optional<absl::Time> since,
                                                                               const ports::CallContext& context) {
  return pool_.Read(context.deadline, [&](Session& session) {
    ports::ReservationSnapshot snapshot;
    // The begin of the transaction, which is before all that the transaction sees.
    snapshot.taken_at = absl::FromUnixMicros(session.Execute(kNow)[0][0].as<std::int64_t>());
    const Params params = since ? Params().Add(*since) : Params().Add(std::string("infinity"));
    for (const pqxx::row& row : session.Execute(kExpected, params)) {
      snapshot.levels.push_back({{domain::ProductId(ReadUuid(row[0])), domain::WarehouseId(ReadUuid(row[1]))},
                                 row[2].as<std::int64_t>(),
                                 row[3].as<std::int64_t>(),
                                 row[4].as<std::int64_t>()});
    }
    return snapshot;
  });
}

absl::StatusOr<ports::Requeued> PostgresReservationLedger::Requeue(const std::vector<domain::ProductId>& products,
                                                                   absl::Duration made_within, int limit,
                                                                   const ports::CallContext& context) {
  ports::Requeued requeued;
  if (products.empty()) return requeued;
  ArrayParam ids;
  for (const domain::ProductId& product : products) ids.Add(product);
  // The first slice reaches into the future: for rows that are created meanwhile.
  absl::Duration to = -kSlice;
  while (to < made_within && requeued.all) {
    const absl::Duration from = std::min(to + kSlice, made_within);
    const int rest = limit - requeued.reservations;
    const absl::StatusOr<int> added = pool_.Write(context.deadline, [&](Session& session) {
      const Params params = Params()
                                .Add(ids)
                                .Add(absl::ToInt64Microseconds(to))
                                .Add(absl::ToInt64Microseconds(from))
                                .Add(std::int64_t{rest})
                                .Add(std::string(ports::kRequeuedReason));
      return static_cast<int>(session.Execute(kRequeue, params).affected_rows());
    });
    if (!added.ok()) return added.status();
    requeued.reservations += *added;
    requeued.all = *added < rest;
    to = from;
  }
  return requeued;
}

absl::StatusOr<std::vector<ports::RestockInDoubt>> PostgresReservationLedger::RestocksInDoubt(
    int limit, const ports::CallContext& context) {
  return pool_.Read(context.deadline, [&](Session& session) {
    std::vector<ports::RestockInDoubt> restocks;
    for (const pqxx::row& row : session.Execute(kInDoubt, Params().Add(std::int64_t{limit}))) {
      restocks.push_back({ReadUuid(row[0]),
                          {domain::ProductId(ReadUuid(row[1])), domain::WarehouseId(ReadUuid(row[2]))},
                          row[3].c_str(),
                          row[4].as<std::int32_t>(),
                          row[5].c_str(),
                          absl::FromUnixMicros(row[6].as<std::int64_t>())});
    }
    return restocks;
  });
}

}  // namespace logistics::storage
