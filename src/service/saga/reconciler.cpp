#include "logistics/service/saga/reconciler.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "logistics/domain/errors.hpp"
#include "service/saga/reservation_comparison.hpp"

namespace logistics::service {
namespace {

using ports::LogField;
using ports::LogLevel;

// Lines of one turn in the log, of each kind; the report has all.
constexpr std::size_t kWarningsMax = 20;

struct Look {
  std::map<domain::LevelKey, LevelDrift> drifts;
  std::vector<ports::LevelRow> rows;
  ports::ReservationSnapshot ours;
};

// Reads the ledger before and after the peer's levels: so each change in between is known as one.
absl::StatusOr<Look> LookAtBoth(ports::ReservationLedger& ledger, ports::InventoryPeer& peer,
                                const ports::CallContext& context) {
  absl::StatusOr<ports::ReservationSnapshot> before = ledger.Snapshot(std::nullopt, context);
  if (!before.ok()) return before.status();
  absl::StatusOr<std::vector<ports::LevelRow>> rows = peer.Levels({}, {}, context);
  if (!rows.ok()) return rows.status();
  absl::StatusOr<ports::ReservationSnapshot> after = ledger.Snapshot(before->taken_at, context);
  if (!after.ok()) return after.status();
  Look look{CompareReservations(*before, *rows, *after), *std::move(rows), *std::move(before)};
  return look;
}

std::int64_t CountProducts(const std::vector<LevelDrift>& drifts) {
  std::set<domain::ProductId> products;
  for (const LevelDrift& drift : drifts) products.insert(drift.key.product_id);
  return static_cast<std::int64_t>(products.size());
}

template <typename Row>
void Cut(std::vector<Row>& rows, int most) {
  if (rows.size() > static_cast<std::size_t>(most)) rows.resize(static_cast<std::size_t>(most));
}

}  // namespace

Reconciler::Reconciler(ports::ReservationLedger& ledger, ports::SettlementStore& settlements,
                       ports::InventoryPeer& peer, ports::IdGenerator& ids, ports::Metrics& metrics, ports::Log& log,
                       const ReconcilerOptions& options)
    : ledger_(ledger),
      settlements_(settlements),
      peer_(peer),
      ids_(ids),
      log_(log),
      options_(options),
      drift_products_(
          metrics.GetGauge("logistics_inventory_drift_products",
                           "Products whose reserved quantity at the inventory service our orders do not explain")),
      drift_pieces_(metrics.GetGauge("logistics_inventory_drift_pieces",
                                     "Pieces by which their levels drift, too many and too few added up")),
      damaged_(metrics.GetGauge("logistics_inventory_damaged_levels",
                                "Levels of the inventory service that reserve less than nothing or do not add up")),
      multi_location_(metrics.GetGauge("logistics_inventory_multi_location_products",
                                       "Products that our orders hold and that have levels in several locations")),
      compared_(metrics.GetCounter("logistics_inventory_reconciliations_total",
                                   "Comparisons with the inventory service's levels", {{"result", "done"}})),
      failed_(metrics.GetCounter("logistics_inventory_reconciliations_total",
                                 "Comparisons with the inventory service's levels", {{"result", "failed"}})) {}

void Reconciler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
}

absl::Status Reconciler::Pause(absl::Time deadline) {
  if (absl::Now() + options_.pause > deadline) {
    return absl::DeadlineExceededError("the deadline leaves no time for a second look at the inventory service");
  }
  std::unique_lock lock(mutex_);
  if (stopping_.wait_for(lock, absl::ToChronoNanoseconds(options_.pause), [&] { return stopped_; })) {
    return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the server is shutting down", absl::Seconds(1));
  }
  return absl::OkStatus();
}

absl::Status Reconciler::FindDrifts(const ports::CallContext& context, Reconciliation& found) {
  absl::StatusOr<Look> look = LookAtBoth(ledger_, peer_, context);
  if (!look.ok()) return look.status();
  if (!look->drifts.empty()) {
    const std::map<domain::LevelKey, LevelDrift> earlier = std::move(look->drifts);
    if (absl::Status status = Pause(context.deadline); !status.ok()) return status;
    look = LookAtBoth(ledger_, peer_, context);
    if (!look.ok()) return look.status();
    found.drifts = StillDrifting(earlier, look->drifts);
  }
  std::sort(found.drifts.begin(), found.drifts.end(), [](const LevelDrift& a, const LevelDrift& b) {
    return std::make_pair(-std::abs(a.drift()), a.key) < std::make_pair(-std::abs(b.drift()), b.key);
  });
  found.levels = static_cast<std::int64_t>(look->rows.size());
  found.drift_products = CountProducts(found.drifts);
  for (const LevelDrift& drift : found.drifts) found.drift_pieces += std::abs(drift.drift());
  found.damaged = DamagedLevels(look->rows);
  found.multi_location = InSeveralLocations(look->ours, look->rows);
  return absl::OkStatus();
}

absl::Status Reconciler::Fix(const ports::CallContext& context, Reconciliation& found) {
  // No release and no commit brings back what the peer reserves too little.
  std::set<domain::ProductId> leaking;
  for (const LevelDrift& drift : found.drifts) {
    if (drift.drift() > 0) leaking.insert(drift.key.product_id);
  }
  if (leaking.empty()) return absl::OkStatus();
  absl::StatusOr<ports::Requeued> requeued =
      ledger_.Requeue({leaking.begin(), leaking.end()}, options_.fix_made_within, options_.fix_max, context);
  if (!requeued.ok()) return requeued.status();
  found.requeued = *requeued;
  return absl::OkStatus();
}

absl::StatusOr<Reconciliation> Reconciler::Reconcile(bool fix, const ports::CallContext& context) {
  Reconciliation found;
  absl::Status status = FindDrifts(context, found);
  if (status.ok() && fix) status = Fix(context, found);
  if (status.ok()) {
    absl::StatusOr<std::vector<ports::StuckSettlement>> stuck =
        settlements_.Stuck(options_.settle_alarm_after, options_.listed_max);
    status = stuck.status();
    if (stuck.ok()) found.stuck = *std::move(stuck);
  }
  if (status.ok()) {
    absl::StatusOr<std::vector<ports::RestockInDoubt>> in_doubt = ledger_.RestocksInDoubt(options_.listed_max, context);
    status = in_doubt.status();
    if (in_doubt.ok()) found.in_doubt = *std::move(in_doubt);
  }
  if (!status.ok()) {
    failed_.Increment();
    return status;
  }
  Measure(found);
  Cut(found.drifts, options_.listed_max);
  Cut(found.damaged, options_.listed_max);
  Cut(found.multi_location, options_.listed_max);
  return found;
}

void Reconciler::Measure(const Reconciliation& found) {
  drift_products_.Set(static_cast<double>(found.drift_products));
  drift_pieces_.Set(static_cast<double>(found.drift_pieces));
  damaged_.Set(static_cast<double>(found.damaged.size()));
  multi_location_.Set(static_cast<double>(found.multi_location.size()));
  compared_.Increment();
}

void Reconciler::RunTurn() {
  const ports::CallContext context{absl::StrCat("reconcile-", ids_.NewId().ToString()), "", absl::Now() + kTurnTime};
  const absl::StatusOr<Reconciliation> found = Reconcile(false, context);
  if (found.ok()) return Warn(*found);
  const std::string why = found.status().ToString();
  const LogField fields[] = {LogField::Of("correlation_id", context.correlation_id), LogField::Of("error", why)};
  log_.Write(LogLevel::kWarning, "our reservations could not be compared with the inventory service's levels", fields);
}

void Reconciler::Warn(const Reconciliation& found) {
  const auto first = [](const auto& rows) { return std::min(rows.size(), kWarningsMax); };
  for (std::size_t i = 0; i < first(found.drifts); ++i) {
    const LevelDrift& drift = found.drifts[i];
    const std::string product = drift.key.product_id.ToString();
    const std::string warehouse = drift.key.warehouse_id.ToString();
    const LogField fields[] = {LogField::Of("product_id", product),
                               LogField::Of("warehouse_id", warehouse),
                               LogField::Of("drift", drift.drift()),
                               LogField::Of("reserved", drift.reserved),
                               LogField::Of("expected_min", drift.expected_min),
                               LogField::Of("expected_max", drift.expected_max)};
    log_.Write(LogLevel::kWarning, "the inventory service does not reserve what our orders hold", fields);
  }
  for (std::size_t i = 0; i < first(found.damaged); ++i) {
    const ports::LevelRow& row = found.damaged[i];
    const std::string product = row.key.product_id.ToString();
    const std::string warehouse = row.key.warehouse_id.ToString();
    const LogField fields[] = {LogField::Of("product_id", product), LogField::Of("warehouse_id", warehouse),
                               LogField::Of("quantity", row.level.quantity),
                               LogField::Of("reserved", row.level.reserved),
                               LogField::Of("available", row.said_available.value_or(row.level.available()))};
    log_.Write(LogLevel::kWarning, "a level of the inventory service is damaged", fields);
  }
  for (std::size_t i = 0; i < first(found.multi_location); ++i) {
    const std::string product = found.multi_location[i].product_id.ToString();
    const LogField fields[] = {LogField::Of("product_id", product),
                               LogField::Of("locations", found.multi_location[i].warehouses.size())};
    log_.Write(LogLevel::kWarning, "a product that our orders hold has levels in several locations", fields);
  }
  const std::size_t all = found.drifts.size() + found.damaged.size() + found.multi_location.size() +
                          found.stuck.size() + found.in_doubt.size();
  if (all == 0) return;
  const LogField fields[] = {LogField::Of("drift_products", found.drift_products),
                             LogField::Of("drift_pieces", found.drift_pieces),
                             LogField::Of("damaged_levels", found.damaged.size()),
                             LogField::Of("multi_location", found.multi_location.size()),
                             LogField::Of("stuck_settlements", found.stuck.size()),
                             LogField::Of("restocks_in_doubt", found.in_doubt.size())};
  log_.Write(LogLevel::kWarning,
             "the books differ from the inventory service's: logisticsctl inventory reconcile lists all", fields);
}

}  // namespace logistics::service
