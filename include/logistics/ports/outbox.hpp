#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/event.hpp"

namespace logistics::ports {

// The place of an event in the one order of changes: the commit's number, then the event's place within the commit.
struct OutboxPosition {
  std::int64_t number = 0;  // 0 = before everything
  std::int32_t ordinal = 0;
  friend auto operator<=>(const OutboxPosition&, const OutboxPosition&) = default;
};

// An event that the broker has not confirmed yet.
struct OutboxMessage {
  OutboxPosition position;
  domain::Uuid batch_id;  // with position.ordinal, the row's key
  domain::Uuid message_id;
  domain::EventStream stream = domain::EventStream::kOrder;
  std::string routing_key;
  std::string event_type;
  std::string body;  // the envelope, JSON
  domain::OrderingKey ordering_key;
  std::string correlation_id;  // empty = none
  std::string traceparent;     // empty = none
  absl::Time created_at;
};

struct OutboxStats {
  std::int64_t rows = 0;
  std::int64_t held_rows = 0;
  absl::Duration oldest_age;  // zero when empty; by Postgres' clock
};

// What is committed and not yet told, for the one relay that holds the lease. One object belongs to one thread (it owns
// a connection and opens a new one when that breaks). Errors: UNAVAILABLE when the database is away (what was deleted
// may be there again when it comes back, so the caller starts at StartPosition() anew), FAILED_PRECONDITION when the
// lease was lost (the caller stops relaying, forgets what it had in flight and tries to become the holder again).
class Outbox {
 public:
  virtual ~Outbox() = default;

  // True when this replica is (still, or from now on) the relay; to be called well before `ttl` is over.
  // False: another replica is. A new holder starts reading at StartPosition().
  virtual absl::StatusOr<bool> HoldLease(absl::Duration ttl) = 0;
  // Lets another replica take over at once. Safe when it is not held.
  virtual absl::Status ReleaseLease() = 0;

  // Everything up to here is confirmed, or held.
  virtual absl::StatusOr<OutboxPosition> StartPosition() = 0;

  // Up to `limit` messages after `position`, in order, without the held ones. What is returned once has no
  // earlier message appear later: numbers have no gaps and nothing commits below a number already seen.
  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadAfter(const OutboxPosition& position, int limit) = 0;

  // Deletes what the broker confirmed and moves the start position up to `start` (nothing unconfirmed and not held lies
  // at or below it). One transaction, refused when the lease is lost. After a crash before it the messages are told
  // again.
  virtual absl::Status DeleteConfirmed(const std::vector<OutboxMessage>& confirmed, const OutboxPosition& start) = 0;

  // Marks messages as held: they leave ReadAfter and are found by ReadHeld until deleted. Refused when the lease is
  // lost.
  virtual absl::Status Hold(const std::vector<OutboxMessage>& messages, const std::string& reason) = 0;
  // Held messages after `position`, in order.
  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadHeld(const OutboxPosition& position, int limit) = 0;

  virtual absl::StatusOr<OutboxStats> Stats() = 0;
};

}  // namespace logistics::ports
