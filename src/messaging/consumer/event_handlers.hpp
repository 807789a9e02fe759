#pragma once

#include <optional>

#include "logistics/domain/ids.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/inbox.hpp"
#include "logistics/ports/message_handler.hpp"
#include "messaging/events/event_decoder.hpp"

namespace logistics::messaging {

// The handler of each event type: the one place where handlers are registered. Thread-safe when the handlers are.
class EventHandlers {
 public:
  // References outlive this.
  explicit EventHandlers(ports::PaymentHandler& payments) : payments_(payments) {}

  // The order whose messages stay in sequence; nullopt: no handler acts on events of this type.
  std::optional<domain::OrderId> OrderOf(const InboundEvent& event) const;

  // For an event that has an order. An exception of the handler counts as kRetryLater.
  ports::Handling Handle(const InboundEvent& event, const ports::InboxEntry& entry,
                         const ports::CallContext& context) const;

 private:
  ports::PaymentHandler& payments_;
};

}  // namespace logistics::messaging
