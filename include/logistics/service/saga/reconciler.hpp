// Our books against those of the inventory service that keeps the stock (remote mode).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/inventory_peer.hpp"
#include "logistics/ports/log.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/ports/reservation_ledger.hpp"
#include "logistics/ports/settlement_store.hpp"

namespace logistics::service {

struct ReconcilerOptions {
  // A settlement this old is listed (SagaOptions::settle_alarm_after).
  absl::Duration settle_alarm_after = absl::Hours(1);
  // Between the two looks that a drift has to be seen in.
  absl::Duration pause = absl::Seconds(2);
  // `fix` requeues reservations that are no older, and at most so many at once.
  absl::Duration fix_made_within = absl::Hours(24 * 30);
  int fix_max = 20000;
  // Rows in each list of a report; the totals count all.
  int listed_max = 1000;
};

// A level whose `reserved` at the peer our reservations do not explain.
struct LevelDrift {
  domain::LevelKey key;
  bool at_peer = true;  // false: the peer has no such level; its numbers count as 0
  std::int64_t reserved = 0;
  std::int64_t expected_min = 0;
  std::int64_t expected_max = 0;
  // Above 0: the peer reserves more than we know of, by a leaked or an external reservation. Below 0: it reserves less.
  std::int64_t drift() const { return reserved > expected_max ? reserved - expected_max : reserved - expected_min; }
};

// A product that our orders hold and that has levels in several locations, which the peer's releases and commits mix up
// (contract §2, point 10).
struct MultiLocationProduct {
  domain::ProductId product_id;
  std::vector<domain::WarehouseId> warehouses;
};

struct Reconciliation {
  std::int64_t levels = 0;               // that the peer has
  std::int64_t drift_products = 0;       // with a level in drift
  std::int64_t drift_pieces = 0;         // without their signs
  std::vector<LevelDrift> drifts;        // the largest first
  std::vector<ports::LevelRow> damaged;  // reserved below 0, or quantity is not available + reserved
  std::vector<MultiLocationProduct> multi_location;
  std::vector<ports::StuckSettlement> stuck;
  std::vector<ports::RestockInDoubt> in_doubt;
  ports::Requeued requeued;  // by `fix`
};

// Compares our reservations with the peer's levels. A drift is reported when two looks, a pause apart, see it and
// nothing in flight explains it: an order in the making, or a settlement that the peer has not confirmed. Changes
// nothing; `fix` requeues releases and commits of our own ids for the settler. It never adjusts. Thread-safe.
class Reconciler {
 public:
  // All references outlive this.
  Reconciler(ports::ReservationLedger& ledger, ports::SettlementStore& settlements, ports::InventoryPeer& peer,
             ports::IdGenerator& ids, ports::Metrics& metrics, ports::Log& log, const ReconcilerOptions& options = {});

  // Blocks for two questions to the peer and the pause between them. Sets the metrics; those of stuck settlements and
  // of restocks in doubt are the settler's. Errors: those of the peer's reads and of the ledger; UNAVAILABLE after
  // Stop.
  absl::StatusOr<Reconciliation> Reconcile(bool fix, const ports::CallContext& context);

  // One turn of the periodic comparison, within kTurnTime: each finding is a warning in the log with its numbers.
  void RunTurn();
  // Below the lease's time, so that one replica at a time compares.
  static constexpr absl::Duration kTurnTime = absl::Seconds(45);

  // Ends what waits, for good.
  void Stop();

 private:
  absl::Status Pause(absl::Time deadline);
  absl::Status FindDrifts(const ports::CallContext& context, Reconciliation& found);
  absl::Status Fix(const ports::CallContext& context, Reconciliation& found);
  void Measure(const Reconciliation& found);
  void Warn(const Reconciliation& found);

  ports::ReservationLedger& ledger_;
  ports::SettlementStore& settlements_;
  ports::InventoryPeer& peer_;
  ports::IdGenerator& ids_;
  ports::Log& log_;
  const ReconcilerOptions options_;
  ports::Gauge& drift_products_;
  ports::Gauge& drift_pieces_;
  ports::Gauge& damaged_;
  ports::Gauge& multi_location_;
  ports::Counter& compared_;
  ports::Counter& failed_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;  // guarded by mutex_
};

}  // namespace logistics::service
