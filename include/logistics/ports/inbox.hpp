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

// A message of another service, as the broker delivered it.
struct InboundMessage {
  std::string consumer;    // the name of the consumer group
  std::string message_id;  // names the message within its consumer; never empty
  std::string exchange;    // where it was published
  std::string routing_key;
  std::string event_type;
  std::string body;
  std::string correlation_id;
  std::string traceparent;
  domain::OrderId order_id;  // messages of one order are handled in sequence
};

// A message that waits for a further try.
struct WaitingMessage {
  std::int64_t id = 0;  // rising in the order of arrival
  InboundMessage message;
  int attempts = 0;  // tries by the handler so far, the first one included
  absl::Time arrived_at;
  absl::Time due_at;
  std::string last_error;
};

struct InboxStats {
  std::int64_t waiting = 0;
  std::optional<absl::Time> oldest_arrived_at;  // nullopt: none waits
};

// The message that a handler's transaction belongs to. The transaction records the message as done and removes it from
// the waiting ones.
struct InboxEntry {
  std::string consumer;
  std::string message_id;
  std::optional<std::int64_t> waiting_id;  // set: it is a message that waited
};

// The messages that wait, durably, and those that are done. Only done messages are remembered, for `done_ttl`: a dead
// letter that is redriven counts as new. Thread-safe; blocking. UNAVAILABLE, with a retry hint, when the database is
// unavailable.
class Inbox {
 public:
  virtual ~Inbox() = default;

  // The message waits from now on, behind the waiting ones of its order, and is due after `delay`. `attempts` tries
  // were made. Parking it again changes nothing. INVALID_ARGUMENT: a part of it is no text that can be stored
  // (domain::IsCleanText).
  virtual absl::Status Park(const InboundMessage& message, int attempts, absl::Duration delay, const std::string& error,
                            const CallContext& context) = 0;

  // Up to `limit` messages that are due, oldest first; of each order its first only, and only when that one is due.
  virtual absl::StatusOr<std::vector<WaitingMessage>> Due(const std::string& consumer, int limit,
                                                          const CallContext& context) = 0;

  // Counts one more failed try; the message is due again after `delay`. A message that is gone stays gone. A call that
  // is repeated after a lost answer may count twice.
  virtual absl::Status PutOff(std::int64_t id, absl::Duration delay, const std::string& error,
                              const CallContext& context) = 0;

  // No handler of this release acts on the message: it is marked and due again after `delay`. That is no try.
  virtual absl::Status SetAside(std::int64_t id, absl::Duration delay, const std::string& why,
                                const CallContext& context) = 0;

  // Removes a message whose dead letter the broker confirmed.
  virtual absl::Status Remove(std::int64_t id, const CallContext& context) = 0;

  // The waiting messages after id `after`, in the order of arrival; an empty consumer is all.
  virtual absl::StatusOr<std::vector<WaitingMessage>> List(const std::string& consumer, std::int64_t after, int limit,
                                                           const CallContext& context) = 0;

  // Of the oldest `count_max` waiting messages. Costs the same whatever their bodies are.
  virtual absl::StatusOr<InboxStats> Stats(const std::string& consumer, int count_max, const CallContext& context) = 0;
};

}  // namespace logistics::ports
