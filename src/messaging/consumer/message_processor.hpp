#pragma once

#include <string>

#include "absl/status/status.h"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/inbox.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/consumer/consumer_metrics.hpp"
#include "messaging/consumer/event_handlers.hpp"
#include "messaging/consumer/order_lanes.hpp"

namespace logistics::messaging {

// The action that a message needs after its handler ran.
struct Decision {
  enum class Action {
    kAck,          // it is done, or parked in the inbox
    kReject,       // it becomes a dead letter
    kUnavailable,  // it was not handled: the database is unavailable
  };
  Action action = Action::kAck;
  std::string reason;  // for people; empty with kAck
};

// Runs the handler of a message once and decides on the action. A message that has to wait is parked first, and then
// acked. Thread-safe; blocking.
class MessageProcessor {
 public:
  // References outlive this.
  MessageProcessor(const ConsumerOptions& options, EventHandlers handlers, ports::Inbox& inbox,
                   const ports::Clock& clock, ConsumerMetrics& metrics)
      : options_(options), handlers_(handlers), inbox_(inbox), clock_(clock), metrics_(metrics) {}

  Decision Process(const InboundTask& task);

 private:
  Decision Park(const InboundTask& task, const std::string& reason);
  ports::CallContext ContextOf(const InboundTask& task) const;

  const ConsumerOptions& options_;
  const EventHandlers handlers_;
  ports::Inbox& inbox_;
  const ports::Clock& clock_;
  ConsumerMetrics& metrics_;
};

}  // namespace logistics::messaging
