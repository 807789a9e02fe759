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
  std::int64_t quarantined_rows = 0;
  absl::Duration oldest_age;  // zero when empty; by Postgres' clock
};

// The committed events that are not yet published, for the one relay that has the lease. One object belongs to one
// thread: it owns a connection and opens a new one when that breaks.
//
// UNAVAILABLE: the database is unavailable. Deleted rows may be there again when it returns, so the caller begins again
// at StartPosition(). FAILED_PRECONDITION: the lease is lost. The caller publishes no more, forgets its messages in
// flight and tries to acquire the lease again.
class Outbox {
 public:
  virtual ~Outbox() = default;

  // Acquires the lease for `ttl`, or renews it; the holder calls this well before `ttl` is over. False: another replica
  // has it. A new holder reads from StartPosition() on.
  virtual absl::StatusOr<bool> AcquireLease(absl::Duration ttl) = 0;
  // Another replica may then acquire the lease at once. Changes nothing when this replica does not have it.
  virtual absl::Status ReleaseLease() = 0;

  // Everything up to here is confirmed or quarantined.
  virtual absl::StatusOr<OutboxPosition> StartPosition() = 0;

  // Up to `limit` messages after `position`, in order, without the quarantined ones. No message appears later before
  // one that was returned: numbers have no gaps and nothing commits below a number already seen.
  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadAfter(const OutboxPosition& position, int limit) = 0;

  // Deletes confirmed messages and moves the start position up to `start`; every other message at or below `start` is
  // quarantined. One transaction, refused when the lease is lost. A crash before it has the messages published again.
  virtual absl::Status DeleteConfirmed(const std::vector<OutboxMessage>& confirmed, const OutboxPosition& start) = 0;

  // The messages leave ReadAfter, and ReadQuarantined answers them until they are deleted. Refused when the lease is
  // lost.
  virtual absl::Status Quarantine(const std::vector<OutboxMessage>& messages, const std::string& reason) = 0;
  // Quarantined messages after `position`, in order.
  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadQuarantined(const OutboxPosition& position, int limit) = 0;

  virtual absl::StatusOr<OutboxStats> Stats() = 0;
};

}  // namespace logistics::ports
