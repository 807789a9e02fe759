#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/memory_tables.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/intent_store.hpp"
#include "logistics/ports/settlement_store.hpp"

namespace logistics::fakes {

enum class SagaCall { kOpen, kComplete, kAbandon, kMade, kLeft, kClaim, kDone, kRetry, kMarkRestocking, kInDoubt };

// What becomes of one call.
enum class SagaFate {
  kAnswer,        // done and answered
  kFailed,        // not done: UNAVAILABLE
  kLost,          // done, answered UNAVAILABLE
  kLate,          // done, answered DEADLINE_EXCEEDED
  kDoubted,       // done, answered that the commit is in doubt
  kDoubtedUndone  // not done, answered that the commit is in doubt
};

// Intents and settlements over tables in memory, by the same commands as in production, without durability; claims and
// what is due go by the clock. The saga contract suite runs against it and against Postgres. Calls fail by script.
// Thread-safe: one lock over everything but the hook.
class MemorySagaStore : public ports::IntentStore, public ports::SettlementStore {
 public:
  // What a settler said of a step.
  struct Told {
    domain::Uuid id;
    domain::SagaStep::Kind step = domain::SagaStep::Kind::kRelease;
    bool done = false;  // false: to be tried again
    absl::Duration due_in;
    friend bool operator==(const Told&, const Told&) = default;
  };

  // The references outlive the store.
  MemorySagaStore(ports::IdGenerator& ids, const ports::Clock& clock)
      : ids_(ids), clock_(clock), tables_(ids, clock, {}) {}

  // The fates of the next calls, in order; those after them are answered.
  void Script(SagaCall call, std::vector<SagaFate> fates);
  // Called at the start of each call, without the lock: it may block, and call the store.
  void SetHook(std::function<void(SagaCall)> hook);
  // A reservation with steps for the peer, by their names, as an order store leaves them.
  void AddSteps(const domain::Reservation& reservation, const std::vector<std::string>& steps,
                const std::string& reason);

  int Calls(SagaCall call) const;
  std::optional<domain::ReservationState> State(const domain::Uuid& id) const;
  // "release", "release_again", "commit", "restock 0", "restocking 0"; empty when there is nothing to tell.
  std::vector<std::string> Steps(const domain::Uuid& id) const;
  std::vector<Told> WhatWasTold() const;
  // Reservation and item, in the order in which they were listed.
  std::vector<std::pair<domain::Uuid, std::size_t>> RestocksInDoubt() const;

  absl::StatusOr<ports::IntentAnswer> Open(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<domain::Order> Complete(const domain::NewOrder& order, const ports::CallContext& context) override;
  absl::StatusOr<bool> Abandon(const ports::Abandonment& abandonment, const ports::CallContext& context) override;
  absl::StatusOr<std::optional<domain::Order>> Made(const domain::NewOrder& order,
                                                    const ports::CallContext& context) override;
  absl::StatusOr<std::vector<domain::Uuid>> Left(absl::Duration age, int limit) override;

  absl::StatusOr<std::vector<ports::Settlement>> Claim(int limit, absl::Duration claim_for) override;
  absl::Status Done(const ports::Settlement& settlement, absl::Duration next_in) override;
  absl::Status Retry(const ports::Settlement& settlement, absl::Duration delay, const std::string& error) override;
  absl::StatusOr<bool> MarkRestocking(const ports::Settlement& settlement) override;
  absl::Status InDoubt(const ports::Settlement& settlement, const std::string& why) override;
  absl::StatusOr<ports::SettlementStats> Stats() override;
  absl::StatusOr<std::vector<ports::StuckSettlement>> Stuck(absl::Duration age, int limit) override;

 private:
  using Row = MemoryTables::SettlementRow;

  SagaFate FateOf(SagaCall call);
  // Runs a command with the fate of its call.
  template <typename Command>
  absl::StatusOr<typename Command::Result> Run(SagaCall call, Command command, const ports::CallContext& context);
  // With the lock held, all of these.
  Row* ClaimedLocked(const ports::Settlement& settlement);
  void StepDoneLocked(const ports::Settlement& settlement, absl::Duration next_in);

  ports::IdGenerator& ids_;
  const ports::Clock& clock_;

  mutable std::mutex mutex_;  // guards everything below
  std::map<SagaCall, std::deque<SagaFate>> script_;
  std::map<SagaCall, int> calls_;
  std::function<void(SagaCall)> hook_;
  MemoryTables tables_;
  std::vector<Told> told_;
  std::vector<std::pair<domain::Uuid, std::size_t>> in_doubt_;
};

}  // namespace logistics::fakes
