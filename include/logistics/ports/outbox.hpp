#pragma once

#include <cstdint>
#include <limits>
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
  static constexpr std::int32_t kEndOfCommit = std::numeric_limits<std::int32_t>::max();

  std::int64_t number = 0;  // 0 = before everything
  std::int32_t ordinal = 0;
  bool end_of_commit() const { return ordinal == kEndOfCommit; }
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
  absl::Time committed_at;
  bool quarantined = false;  // it was read from the quarantine
};

struct OutboxPage {
  std::vector<OutboxMessage> messages;  // in order, without the quarantined ones
  OutboxPosition position;              // everything up to here was looked at, commits without events included
  bool more = false;                    // the next page may be there already
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

  // The messages of about `commits_max` commits after `position`, of which a bounded number of bytes is read. No
  // message appears later before one that was returned: numbers have no gaps and nothing commits below a number already
  // seen.
  virtual absl::StatusOr<OutboxPage> ReadAfter(const OutboxPosition& position, int commits_max) = 0;

  // Deletes confirmed messages that this object has read since StartPosition(), and moves the start position up to
  // `start`; every other message at or below `start` is quarantined. One transaction, refused when the lease is lost. A
  // crash before it has the messages published again. UNAVAILABLE with the start position unmoved where rows are not
  // there that should be (a failover may have lost their commits): the caller begins again at StartPosition().
  virtual absl::Status DeleteConfirmed(const std::vector<OutboxMessage>& confirmed, const OutboxPosition& start) = 0;

  // The messages leave ReadAfter, and ReadQuarantined answers them until they are deleted. Refused when the lease is
  // lost. Answers those that were not in quarantine before.
  virtual absl::StatusOr<std::vector<OutboxPosition>> Quarantine(const std::vector<OutboxMessage>& messages,
                                                                 const std::string& reason) = 0;
  // Quarantined messages after `position`, in order.
  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadQuarantined(const OutboxPosition& position, int limit) = 0;
};

}  // namespace logistics::ports
