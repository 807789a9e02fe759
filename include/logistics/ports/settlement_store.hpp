#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/reservation.hpp"
#include "logistics/domain/saga_step.hpp"

namespace logistics::ports {

// Reasons of settlements that readers tell apart.
inline constexpr std::string_view kCancelledReason = "the order was cancelled";
inline constexpr std::string_view kRequeuedReason = "sent again to reconcile";  // its reservation ended before

// The next call that a reservation needs at the peer, claimed by this replica for a time.
struct Settlement {
  domain::Reservation reservation;
  domain::SagaStep step;
  bool last = false;   // nothing follows
  std::string reason;  // for the peer's books
  int attempts = 0;    // that failed
  absl::Duration age;  // since the first settlement of the reservation was queued
  domain::Uuid claim;  // this claim; the calls below do nothing once it is another's
};

// A settlement that fails for long: for operators.
struct StuckSettlement {
  domain::Uuid reservation_id;
  std::string steps;
  int attempts = 0;
  std::string last_error;
  absl::Duration age;
};

struct SettlementStats {
  std::int64_t waiting = 0;   // counted up to 10,000, as the next
  std::int64_t in_doubt = 0;  // restocks
  absl::Duration oldest_age;
};

// Calls that the peer has still to get, worked off by the settlers of all replicas: one of them claims a row at a time,
// and a claim runs out by Postgres' clock. Thread-safe. Errors: UNAVAILABLE when the database is unavailable. After a
// crash a claimed row is free again when its claim is over.
class SettlementStore {
 public:
  virtual ~SettlementStore() = default;

  // Up to `limit` rows that are due and unclaimed, the longest due first, claimed for `claim_for`.
  virtual absl::StatusOr<std::vector<Settlement>> Claim(int limit, absl::Duration claim_for) = 0;

  // The step is done. The next one, where there is one, is due after `next_in`.
  virtual absl::Status Done(const Settlement& settlement, absl::Duration next_in) = 0;

  // The step failed and is due again after `delay`. A kRestock that was marked is a kRestock again, because it was not
  // sent. A kRestocking stays one.
  virtual absl::Status Retry(const Settlement& settlement, absl::Duration delay, const std::string& error) = 0;

  // Before a restock is sent: kRestock becomes kRestocking, durably. False when the claim was lost: the restock must
  // not be sent.
  virtual absl::StatusOr<bool> MarkRestocking(const Settlement& settlement) = 0;

  // The outcome of a restock is unknown: it is listed for a person and not sent again; the step counts as done.
  virtual absl::Status InDoubt(const Settlement& settlement, const std::string& why) = 0;

  virtual absl::StatusOr<SettlementStats> Stats() = 0;
  // Those that are older than `age`, oldest first.
  virtual absl::StatusOr<std::vector<StuckSettlement>> Stuck(absl::Duration age, int limit) = 0;
};

}  // namespace logistics::ports
