#include "messaging/consumer/event_handlers.hpp"

#include <exception>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"

namespace logistics::messaging {

std::optional<domain::OrderId> EventHandlers::OrderOf(const InboundEvent& event) const {
  if (const auto* payment = std::get_if<domain::PaymentNotice>(&event.data)) return payment->order_id;
  return std::nullopt;
}

ports::Handling EventHandlers::Handle(const InboundEvent& event, const ports::InboxEntry& entry,
                                      const ports::CallContext& context) const {
  try {
    if (const auto* payment = std::get_if<domain::PaymentNotice>(&event.data)) {
      return payments_.Handle(*payment, entry, context);
    }
  } catch (const std::exception& error) {
    return {ports::HandlingOutcome::kRetryLater, absl::StrCat("the handler failed: ", error.what())};
  }
  return {ports::HandlingOutcome::kReject, absl::StrCat("no handler acts on ", event.event_type)};
}

}  // namespace logistics::messaging
