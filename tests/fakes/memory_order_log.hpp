#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "logistics/ports/clock.hpp"
#include "logistics/ports/order_log.hpp"

namespace logistics::fakes {

// The one order of changes in memory, as a test writes it. The contract suite runs against it and against
// Postgres. Thread-safe; never waits, so deadlines do not matter.
class MemoryOrderLog final : public ports::OrderLog {
 public:
  // One change of a commit; at version 1 the order comes into being.
  struct Change {
    domain::OrderId order_id;
    domain::CustomerId customer_id;
    std::int64_t version = 1;
    domain::OrderStatus previous = domain::OrderStatus::kUnknown;
    domain::OrderStatus status = domain::OrderStatus::kPending;
    std::string notes = {};
  };

  // Reads so far, the failed ones too.
  struct Reads {
    int heads = 0;
    int changes_of_all = 0;       // ReadAfter for all orders
    int changes_of_customer = 0;  // ReadAfter for a customer
    int changes_of_order = 0;     // ReadAfter for an order
    int states = 0;
    int numbers = 0;  // NumberBefore
    int times = 0;    // CommittedAt
  };

  // Database 1, timeline 1, empty. The clock is the database's and outlives it.
  explicit MemoryOrderLog(const ports::Clock& clock);

  // Commits these changes, none too (a commit that changed no order), and returns their number.
  std::int64_t Append(const std::vector<Change>& changes);

  // Every later read answers this (UNAVAILABLE, say), until an OK status.
  void FailWith(absl::Status status);
  // As a restored backup: the commits after `number` are gone, and their numbers are given out again.
  void RestoreTo(std::int64_t number);
  // As retention does: the changes of commits up to `number` are gone, and so are the commits.
  void DeleteUpTo(std::int64_t number);
  void SetTimeline(std::int32_t timeline);
  void SetDatabaseId(const domain::Uuid& id);

  Reads reads() const;

  absl::StatusOr<ports::LogHead> Head(const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderChanges> ReadAfter(const ports::OrderScope& scope, const ports::LogPlace& place, int limit,
                                                const ports::CallContext& context) override;
  absl::StatusOr<ports::OrderStates> States(const ports::OrderScope& scope,
                                            const std::optional<ports::OrderStates::After>& after, int limit,
                                            const ports::CallContext& context) override;
  absl::StatusOr<std::optional<absl::Time>> CommittedAt(std::int64_t number,
                                                        const ports::CallContext& context) override;
  absl::StatusOr<std::int64_t> NumberBefore(absl::Time time, std::int64_t number,
                                            const ports::CallContext& context) override;

 private:
  struct Commit {
    absl::Time committed_at;
    std::vector<std::shared_ptr<const ports::OrderChange>> changes;  // sorted by place
  };

  // These require mutex_.
  std::int64_t LastNumber() const { return static_cast<std::int64_t>(commits_.size()); }
  const Commit& At(std::int64_t number) const { return commits_[static_cast<std::size_t>(number - 1)]; }
  absl::Time Now() const;

  const ports::Clock& clock_;

  mutable std::mutex mutex_;  // guards everything below
  absl::Status failure_;
  domain::Uuid database_id_;
  std::int32_t timeline_ = 1;
  std::vector<Commit> commits_;  // number N is the N-th
  std::int64_t deleted_up_to_ = 0;
  Reads reads_;
};

}  // namespace logistics::fakes
