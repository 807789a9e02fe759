#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/history_row.hpp"
#include "fakes/memory_inbox.hpp"
#include "logistics/commands/decide.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/stock_log.hpp"

namespace logistics::fakes {

// The tables of a database as maps, and the transaction that a batch of commands runs in: load a State, Decide, apply
// the Effects. What a write means is the commands' own. Not thread-safe: the stores over it have the lock.
class MemoryTables {
 public:
  struct KeyedOrder {
    std::string fingerprint;
    domain::OrderId order_id;
  };
  struct StoredReservation {
    domain::Reservation reservation;
    absl::Time created_at;
  };
  struct StoredLevel {
    domain::StockLevel level;
    absl::Time updated_at;
  };
  struct SettlementRow {
    std::deque<domain::SagaStep> steps;
    std::string reason;
    absl::Time due_at;
    int attempts = 0;
    std::string last_error;
    domain::Uuid claim;
    absl::Time claimed_until = absl::InfinitePast();
    absl::Time created_at;
  };
  using Key = std::pair<domain::CustomerId, std::string>;

  // The references outlive the tables.
  MemoryTables(ports::IdGenerator& ids, const ports::Clock& clock, const domain::StockPolicy& policy)
      : inbox(clock), ids_(ids), clock_(clock), policy_(policy) {}

  // Runs the commands as one batch.
  std::vector<absl::StatusOr<commands::Result>> RunBatch(const std::vector<commands::Command>& batch,
                                                         const commands::Cause& cause = {});
  template <typename Command>
  absl::StatusOr<typename Command::Result> Run(Command command, const ports::CallContext& context) {
    auto results = RunBatch({std::move(command)}, {context.correlation_id, context.traceparent});
    if (!results.front().ok()) return results.front().status();
    return std::get<typename Command::Result>(*std::move(results.front()));
  }

  // Steps for the peer, as a command leaves them.
  void AddSteps(const domain::Uuid& reservation, const std::vector<domain::SagaStep>& steps, const std::string& reason);
  // Microseconds, as a database holds them.
  absl::Time Now() const { return absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now())); }

  std::map<domain::OrderId, domain::Order> orders;
  std::map<domain::OrderId, std::vector<HistoryRow>> history;
  std::map<Key, KeyedOrder> keys;
  std::map<std::string, commands::AdjustmentClaim> adjustments;  // by request id
  std::map<domain::Uuid, Key> intent_keys;
  std::map<domain::Uuid, StoredReservation> reservations;
  std::map<domain::ProductId, domain::Product> products;
  std::map<std::string, domain::ProductId> skus;
  std::map<domain::LevelKey, StoredLevel> levels;
  std::vector<domain::StockMovement> movements;
  std::vector<ports::StockChange> stock_changes;  // one a movement
  std::int64_t commits = 0;
  std::vector<domain::Event> events;
  std::vector<domain::RecordedPayment> payments;
  std::map<domain::Uuid, SettlementRow> settlements;
  std::vector<commands::RefusedRestock> refused_restocks;
  MemoryInbox inbox;  // has a lock of its own

 private:
  commands::State Load(const std::vector<commands::Item>& items);
  commands::ClaimState Claim(const commands::Needs& needs);
  commands::MessageState Look(const commands::MessageNeed& message) const;
  void Apply(commands::Effects effects);

  ports::IdGenerator& ids_;
  const ports::Clock& clock_;
  const domain::StockPolicy policy_;
};

}  // namespace logistics::fakes
