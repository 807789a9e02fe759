#include "storage/stores/postgres_settlement_store.hpp"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/postgres/errors.hpp"
#include "storage/rows/known_names.hpp"
#include "storage/rows/order_rows.hpp"

namespace logistics::storage {

using ports::Settlement;
using StepKind = domain::SagaStep::Kind;

namespace {

constexpr absl::Duration kSessionTime = absl::Seconds(10);

// One row an item, as in reservation_rows.cpp. A step or state of a later release waits for that release.
constexpr Statement kClaim = {
    "claim_settlements",
    "WITH due AS MATERIALIZED (SELECT s.reservation_id FROM settlements s WHERE s.due_at <= now() "
    "AND (s.claimed_until IS NULL OR s.claimed_until < now()) AND s.steps[1] ~ " LOGISTICS_KNOWN_STEP
    " AND (SELECT r.state FROM reservations r WHERE r.id = s.reservation_id) IN " LOGISTICS_KNOWN_STATES
    " ORDER BY s.due_at LIMIT $1::integer FOR UPDATE OF s SKIP LOCKED), "
    "claimed AS (UPDATE settlements s SET claim = $2::uuid, "
    "claimed_until = now() + $3::bigint * interval '1 millisecond' FROM due "
    "WHERE s.reservation_id = due.reservation_id RETURNING s.reservation_id, s.steps, s.reason, s.attempts, "
    "s.created_at, s.due_at) "
    "SELECT c.reservation_id, c.steps[1], cardinality(c.steps) = 1, c.reason, c.attempts, "
    "(extract(epoch from now() - c.created_at) * 1000000)::bigint, r.warehouse_id, r.state, i.product_id, i.sku, "
    "i.quantity FROM claimed c JOIN reservations r ON r.id = c.reservation_id "
    "CROSS JOIN LATERAL unnest(r.product_ids, r.skus, r.quantities) WITH ORDINALITY AS "
    "i(product_id, sku, quantity, place) ORDER BY c.due_at, c.reservation_id, i.place"};
// Steps may have been added meanwhile, so only the first one goes.
constexpr Statement kStepDone = {
    "settlement_step_done",
    "UPDATE settlements SET steps = steps[2:], attempts = 0, last_error = '', claim = NULL, claimed_until = NULL, "
    "due_at = now() + $3::bigint * interval '1 millisecond' WHERE reservation_id = $1::uuid AND claim = $2::uuid"};
constexpr Statement kAllDone = {"settlement_all_done",
                                "DELETE FROM settlements WHERE reservation_id = $1::uuid AND cardinality(steps) = 0"};
// A restock that this claim marked and did not send may be sent later; one that another claim marked may not.
constexpr Statement kRetry = {
    "settlement_retry",
    "UPDATE settlements SET steps[1] = CASE WHEN $5::boolean THEN replace(steps[1], 'restocking', 'restock') "
    "ELSE steps[1] END, attempts = attempts + 1, "
    "last_error = $4::text, claim = NULL, claimed_until = NULL, "
    "due_at = now() + $3::bigint * interval '1 millisecond' WHERE reservation_id = $1::uuid AND claim = $2::uuid"};
constexpr Statement kMarkRestocking = {
    "settlement_restocking",
    "UPDATE settlements SET steps[1] = replace(steps[1], 'restock ', 'restocking ') WHERE reservation_id = $1::uuid "
    "AND claim = $2::uuid AND claimed_until > now() AND steps[1] LIKE 'restock %'"};
constexpr Statement kListInDoubt = {
    "settlement_in_doubt",
    "INSERT INTO restocks_in_doubt (reservation_id, product_id, warehouse_id, sku, quantity, reason) "
    "VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::integer, $6::text) ON CONFLICT DO NOTHING"};
constexpr Statement kSettlementStats = {
    "settlement_stats",
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM settlements LIMIT 10000) s), "
    "(SELECT count(*) FROM (SELECT 1 FROM restocks_in_doubt LIMIT 10000) r), "
    "coalesce((extract(epoch from now() - (SELECT min(created_at) FROM settlements)) * 1000000)::bigint, 0)"};
constexpr Statement kStuck = {
    "settlements_stuck",
    "SELECT reservation_id, array_to_string(steps, ', '), attempts, last_error, "
    "(extract(epoch from now() - created_at) * 1000000)::bigint FROM settlements "
    "WHERE created_at < now() - $1::bigint * interval '1 millisecond' ORDER BY created_at LIMIT $2::integer"};

// Of names that the statement has checked.
Settlement ReadSettlement(const pqxx::row& row, const domain::Uuid& claim) {
  Settlement settlement;
  settlement.reservation.id = ReadUuid(row[0]);
  const auto step = domain::SagaStepFromName(row[1].c_str());
  if (!step) throw UnknownRowError(absl::StrCat("a step of a settlement is ", row[1].c_str()));
  settlement.step = *step;
  settlement.last = row[2].as<bool>();
  settlement.reason = row[3].c_str();
  settlement.attempts = row[4].as<int>();
  settlement.age = absl::Microseconds(row[5].as<std::int64_t>());
  settlement.reservation.warehouse_id = domain::WarehouseId(ReadUuid(row[6]));
  const auto state = domain::ReservationStateFromName(row[7].c_str());
  if (!state) throw UnknownRowError(absl::StrCat("the reservation of a settlement is ", row[7].c_str()));
  settlement.reservation.state = *state;
  settlement.claim = claim;
  return settlement;
}

absl::Time Deadline() { return absl::Now() + kSessionTime; }

Params Claimed(const Settlement& settlement) { return Params().Add(settlement.reservation.id).Add(settlement.claim); }

void StepDone(Session& session, const Settlement& settlement, absl::Duration next_in) {
  session.Execute(kStepDone, Claimed(settlement).Add(absl::ToInt64Milliseconds(next_in)));
  session.Execute(kAllDone, Params().Add(settlement.reservation.id));
}

}  // namespace

absl::StatusOr<std::vector<Settlement>> PostgresSettlementStore::Claim(int limit, absl::Duration claim_for) {
  const domain::Uuid claim = ids_.NewId();
  return pool_.Write(Deadline(), [&](Session& session) {
    std::vector<Settlement> settlements;
    const Params params = Params().Add(std::int64_t{limit}).Add(claim).Add(absl::ToInt64Milliseconds(claim_for));
    for (const pqxx::row& row : session.Execute(kClaim, params)) {
      if (settlements.empty() || settlements.back().reservation.id != ReadUuid(row[0])) {
        settlements.push_back(ReadSettlement(row, claim));
      }
      settlements.back().reservation.items.push_back(
          {domain::ProductId(ReadUuid(row[8])), row[9].c_str(), row[10].as<std::int32_t>()});
    }
    std::erase_if(settlements, [](const Settlement& settlement) {
      if (settlement.step.item < settlement.reservation.items.size()) return false;
      spdlog::error("the settlement of reservation {} is for item {}, which the reservation has not: left alone",
                    settlement.reservation.id.ToString(), settlement.step.item);
      return true;
    });
    return settlements;
  });
}

absl::Status PostgresSettlementStore::Done(const Settlement& settlement, absl::Duration next_in) {
  return pool_.Write(Deadline(), [&](Session& session) { StepDone(session, settlement, next_in); });
}

absl::Status PostgresSettlementStore::Retry(const Settlement& settlement, absl::Duration delay,
                                            const std::string& error) {
  return pool_.Write(Deadline(), [&](Session& session) {
    session.Execute(kRetry, Claimed(settlement)
                                .Add(absl::ToInt64Milliseconds(delay))
                                .Add(error)
                                .Add(settlement.step.kind == StepKind::kRestock ? "true" : "false"));
  });
}

absl::StatusOr<bool> PostgresSettlementStore::MarkRestocking(const Settlement& settlement) {
  return pool_.Write(Deadline(), [&](Session& session) {
    return session.Execute(kMarkRestocking, Claimed(settlement)).affected_rows() == 1;
  });
}

absl::Status PostgresSettlementStore::InDoubt(const Settlement& settlement, const std::string& why) {
  const domain::StockItem& item = settlement.reservation.items.at(settlement.step.item);
  return pool_.Write(Deadline(), [&](Session& session) {
    session.Execute(kListInDoubt, Params()
                                      .Add(settlement.reservation.id)
                                      .Add(item.product_id.uuid())
                                      .Add(settlement.reservation.warehouse_id.uuid())
                                      .Add(item.sku)
                                      .Add(std::int64_t{item.quantity})
                                      .Add(why));
    StepDone(session, settlement, absl::ZeroDuration());
  });
}

absl::StatusOr<ports::SettlementStats> PostgresSettlementStore::Stats() {
  return pool_.Read(Deadline(), [](Session& session) {
    const pqxx::row row = session.Execute(kSettlementStats)[0];
    return ports::SettlementStats{row[0].as<std::int64_t>(), row[1].as<std::int64_t>(),
                                  absl::Microseconds(row[2].as<std::int64_t>())};
  });
}

absl::StatusOr<std::vector<ports::StuckSettlement>> PostgresSettlementStore::Stuck(absl::Duration age, int limit) {
  return pool_.Read(Deadline(), [&](Session& session) {
    std::vector<ports::StuckSettlement> stuck;
    const Params params = Params().Add(absl::ToInt64Milliseconds(age)).Add(std::int64_t{limit});
    for (const pqxx::row& row : session.Execute(kStuck, params)) {
      stuck.push_back({ReadUuid(row[0]), row[1].c_str(), row[2].as<int>(), row[3].c_str(),
                       absl::Microseconds(row[4].as<std::int64_t>())});
    }
    return stuck;
  });
}

}  // namespace logistics::storage
