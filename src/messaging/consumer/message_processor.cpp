#include "messaging/consumer/message_processor.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/strings/str_cat.h"
#include "logistics/domain/validation.hpp"
#include "messaging/consumer/limits.hpp"

namespace logistics::messaging {
namespace {

// Postgres refuses some texts. An external property with such a text counts as absent.
std::string StorableOrNothing(const std::string& text) {
  return text.size() <= kInboundPropertyBytesMax && domain::IsCleanText(text) ? text : "";
}

}  // namespace

Decision MessageProcessor::Process(const InboundTask& task) {
  using Clock = std::chrono::steady_clock;
  using Action = Decision::Action;
  const ports::InboxEntry entry = {options_.name, task.event.id.ToString(), std::nullopt};
  const auto begun = Clock::now();
  const ports::Handling handling = handlers_.Handle(task.event, entry, ContextOf(task));
  metrics_.handle_seconds.Observe(std::chrono::duration<double>(Clock::now() - begun).count());
  metrics_.lag_seconds.Observe(std::max(0.0, absl::ToDoubleSeconds(clock_.Now() - task.event.timestamp)));

  Decision decision;
  switch (handling.outcome) {
    case ports::HandlingOutcome::kDone:
      metrics_.done.Increment();
      break;
    case ports::HandlingOutcome::kRetryLater:
      decision = Park(task, handling.reason);
      break;
    case ports::HandlingOutcome::kReject:
      decision = {Action::kReject, handling.reason};
      break;
    case ports::HandlingOutcome::kUnavailable:
      decision = {Action::kUnavailable, handling.reason};
      break;
  }
  if (decision.action == Action::kUnavailable) metrics_.unavailable.Increment();
  return decision;
}

Decision MessageProcessor::Park(const InboundTask& task, const std::string& reason) {
  ports::InboundMessage message;
  message.consumer = options_.name;
  message.message_id = task.event.id.ToString();
  message.exchange = StorableOrNothing(task.delivery.exchange);
  message.routing_key = StorableOrNothing(task.delivery.routing_key);
  message.event_type = task.event.event_type;
  message.body = task.delivery.body;
  message.correlation_id = StorableOrNothing(task.delivery.correlation_id);
  message.traceparent = StorableOrNothing(task.delivery.traceparent);
  message.order_id = task.order_id;
  const absl::Status parked = inbox_.Park(message, /*attempts=*/1, options_.retry_delay, reason, ContextOf(task));
  if (parked.ok()) {
    metrics_.parked.Increment();
    return {};
  }
  // The inbox refuses the message itself: no later try can park it.
  if (absl::IsInvalidArgument(parked)) return {Decision::Action::kReject, std::string(parked.message())};
  return {Decision::Action::kUnavailable, absl::StrCat("a message cannot be parked: ", parked.message())};
}

ports::CallContext MessageProcessor::ContextOf(const InboundTask& task) const {
  ports::CallContext context;
  context.correlation_id = StorableOrNothing(task.delivery.correlation_id);
  if (context.correlation_id.empty()) context.correlation_id = task.event.id.ToString();
  context.traceparent = StorableOrNothing(task.delivery.traceparent);
  context.deadline = clock_.Now() + kHandleTimeout;
  return context;
}

}  // namespace logistics::messaging
