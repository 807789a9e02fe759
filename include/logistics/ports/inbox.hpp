#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "logistics/ports/call_context.hpp"

namespace logistics::ports {

// A message that somebody else published, as the broker delivered it.
struct InboundMessage {
  std::string consumer;    // whose: the name of the consumer group
  std::string message_id;  // what it is known by; never empty
  std::string exchange;    // where it was published
  std::string routing_key;
  std::string event_type;
  std::string body;
  std::string correlation_id;
  std::string traceparent;
  domain::OrderId order_id;  // messages of one order are handled in their order
};

// A message that waits to be tried again.
struct WaitingMessage {
  std::int64_t id = 0;  // rising in the order of arrival
  InboundMessage message;
  int attempts = 0;  // tries by the handler so far, the first one included
  absl::Time arrived_at;
  absl::Time due_at;
  std::string last_error;
};

// Which try of which message a handler's transaction belongs to. The transaction remembers the message as done and,
// when it waited, forgets that it waits.
struct InboxEntry {
  std::string consumer;
  std::string message_id;
  std::optional<std::int64_t> waiting_id;  // set: it is a message that waited
};

// Messages that wait, durably, and those that are done. Only what was done is remembered, for `done_ttl`, so that a
// redriven message is not taken for seen. Thread-safe; blocking. UNAVAILABLE with a retry hint when the database is
// away.
class Inbox {
 public:
  virtual ~Inbox() = default;

  // The message waits from now on, behind those of its order that wait already. `attempts` were made; due after
  // `delay`. Parking it again changes nothing. INVALID_ARGUMENT: a part of it is no text that can be stored
  // (domain::IsCleanText).
  virtual absl::Status Park(const InboundMessage& message, int attempts, absl::Duration delay, const std::string& error,
                            const CallContext& context) = 0;

  // Up to `limit` messages that are due, oldest first; of each order its first only, and only when that one is due.
  virtual absl::StatusOr<std::vector<WaitingMessage>> Due(const std::string& consumer, int limit,
                                                          const CallContext& context) = 0;

  // One more try failed. Nothing happens to a message that is gone. Where the answer is lost and it is said again, it
  // may count as two tries.
  virtual absl::Status PutOff(std::int64_t id, absl::Duration delay, const std::string& error,
                              const CallContext& context) = 0;

  // It was dead-lettered, and the broker confirmed that.
  virtual absl::Status Remove(std::int64_t id, const CallContext& context) = 0;

  // What waits, in the order of arrival, behind `after`; an empty consumer is all.
  virtual absl::StatusOr<std::vector<WaitingMessage>> List(const std::string& consumer, std::int64_t after, int limit,
                                                           const CallContext& context) = 0;
};

}  // namespace logistics::ports
