#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "logistics/ports/reservation_ledger.hpp"
#include "logistics/ports/settlement_store.hpp"

namespace logistics::fakes {

// Our books of reservations, as the test writes them. Thread-safe.
class ScriptedLedger final : public ports::ReservationLedger {
 public:
  void Set(const ports::ExpectedReserved& level) {
    const std::scoped_lock lock(mutex_);
    levels_[level.key] = level;
  }
  void AddInDoubt(const ports::RestockInDoubt& restock) {
    const std::scoped_lock lock(mutex_);
    in_doubt_.push_back(restock);
  }
  // The answer of Requeue.
  void SetRequeued(const ports::Requeued& answer) {
    const std::scoped_lock lock(mutex_);
    requeued_ = answer;
  }
  // The products of each Requeue.
  std::vector<std::vector<domain::ProductId>> Fixed() const {
    const std::scoped_lock lock(mutex_);
    return fixed_;
  }

  absl::StatusOr<ports::ReservationSnapshot> Snapshot(std::optional<absl::Time> since,
                                                      const ports::CallContext& /*context*/) override {
    const std::scoped_lock lock(mutex_);
    ports::ReservationSnapshot snapshot{absl::UnixEpoch(), {}};
    for (const auto& [key, level] : levels_) {
      ports::ExpectedReserved expected = level;
      if (!since) expected.created_since = 0;
      if (expected.held + expected.in_flight + expected.created_since != 0) snapshot.levels.push_back(expected);
    }
    return snapshot;
  }
  absl::StatusOr<ports::Requeued> Requeue(const std::vector<domain::ProductId>& products,
                                          absl::Duration /*made_within*/, int /*limit*/,
                                          const ports::CallContext& /*context*/) override {
    const std::scoped_lock lock(mutex_);
    fixed_.push_back(products);
    return requeued_;
  }
  absl::StatusOr<std::vector<ports::RestockInDoubt>> RestocksInDoubt(int limit,
                                                                     const ports::CallContext& /*context*/) override {
    const std::scoped_lock lock(mutex_);
    std::vector<ports::RestockInDoubt> oldest = in_doubt_;
    std::stable_sort(oldest.begin(), oldest.end(), [](const auto& a, const auto& b) { return a.since < b.since; });
    if (oldest.size() > static_cast<std::size_t>(limit)) oldest.resize(static_cast<std::size_t>(limit));
    return oldest;
  }

 private:
  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::map<domain::LevelKey, ports::ExpectedReserved> levels_;
  std::vector<ports::RestockInDoubt> in_doubt_;
  ports::Requeued requeued_;
  std::vector<std::vector<domain::ProductId>> fixed_;
};

// Settlements that nobody works off: there is only a list of stuck ones. Thread-safe but for the set-up.
class StuckSettlements final : public ports::SettlementStore {
 public:
  std::vector<ports::StuckSettlement> rows;

  absl::StatusOr<std::vector<ports::Settlement>> Claim(int /*limit*/, absl::Duration /*claim_for*/) override {
    return std::vector<ports::Settlement>();
  }
  absl::Status Done(const ports::Settlement& /*settlement*/, absl::Duration /*next_in*/) override { return {}; }
  absl::Status Retry(const ports::Settlement& /*settlement*/, absl::Duration /*delay*/,
                     const std::string& /*error*/) override {
    return {};
  }
  absl::StatusOr<bool> MarkRestocking(const ports::Settlement& /*settlement*/) override { return false; }
  absl::Status InDoubt(const ports::Settlement& /*settlement*/, const std::string& /*why*/) override { return {}; }
  absl::StatusOr<ports::SettlementStats> Stats() override { return ports::SettlementStats(); }
  absl::StatusOr<std::vector<ports::StuckSettlement>> Stuck(absl::Duration age, int /*limit*/) override {
    std::vector<ports::StuckSettlement> stuck;
    for (const ports::StuckSettlement& row : rows) {
      if (row.age > age) stuck.push_back(row);
    }
    return stuck;
  }
};

}  // namespace logistics::fakes
