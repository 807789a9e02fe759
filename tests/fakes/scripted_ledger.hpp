#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "logistics/ports/hold_ledger.hpp"
#include "logistics/ports/settlement_store.hpp"

namespace logistics::fakes {

// Our books of holds, as the test writes them. Thread-safe.
class ScriptedLedger final : public ports::HoldLedger {
 public:
  void Set(const ports::ExpectedHold& hold) {
    const std::scoped_lock lock(mutex_);
    holds_[hold.key] = hold;
  }
  void AddInDoubt(const ports::RestockInDoubt& restock) {
    const std::scoped_lock lock(mutex_);
    in_doubt_.push_back(restock);
  }
  // What SettleAgain answers.
  void SetSettledAgain(const ports::SettledAgain& answer) {
    const std::scoped_lock lock(mutex_);
    settled_again_ = answer;
  }
  // The products of each SettleAgain.
  std::vector<std::vector<domain::ProductId>> Fixed() const {
    const std::scoped_lock lock(mutex_);
    return fixed_;
  }

  absl::StatusOr<ports::HoldSnapshot> Snapshot(std::optional<absl::Time> since,
                                               const ports::CallContext& /*context*/) override {
    const std::scoped_lock lock(mutex_);
    ports::HoldSnapshot snapshot{absl::UnixEpoch(), {}};
    for (const auto& [key, hold] : holds_) {
      snapshot.holds.push_back(hold);
      if (!since) snapshot.holds.back().came_up = 0;
    }
    return snapshot;
  }
  absl::StatusOr<ports::SettledAgain> SettleAgain(const std::vector<domain::ProductId>& products,
                                                  absl::Duration /*made_within*/, int /*limit*/,
                                                  const ports::CallContext& /*context*/) override {
    const std::scoped_lock lock(mutex_);
    fixed_.push_back(products);
    return settled_again_;
  }
  absl::StatusOr<std::vector<ports::RestockInDoubt>> RestocksInDoubt(int /*limit*/,
                                                                     const ports::CallContext& /*context*/) override {
    const std::scoped_lock lock(mutex_);
    return in_doubt_;
  }

 private:
  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::map<domain::LevelKey, ports::ExpectedHold> holds_;
  std::vector<ports::RestockInDoubt> in_doubt_;
  ports::SettledAgain settled_again_;
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
