#pragma once

#include <optional>

#include "logistics/domain/ids.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/inbox.hpp"
#include "logistics/ports/message_handler.hpp"
#include "messaging/events/event_decoder.hpp"

namespace logistics::messaging {

// Who acts on which event: the one place where handlers are registered. Thread-safe when they are.
class EventHandlers {
 public:
  // References outlive this.
  explicit EventHandlers(ports::PaymentHandler& payments) : payments_(payments) {}

  // Whose messages stay in order; nullopt: nobody here acts on events of this type.
  std::optional<domain::OrderId> OrderOf(const InboundEvent& event) const;

  // Of an event that has an order. A handler that throws is one that may do better later.
  ports::Handling Handle(const InboundEvent& event, const ports::InboxEntry& entry,
                         const ports::CallContext& context) const;

 private:
  ports::PaymentHandler& payments_;
};

}  // namespace logistics::messaging
