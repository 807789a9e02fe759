#include "messaging/consumer/inbox_worker.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/topology.hpp"
#include "messaging/consumer/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

InboxWorker::InboxWorker(ConsumerOptions options, const QueueOptions& queue, EventHandlers handlers,
                         ports::Inbox& inbox, DeadLetterSink& dead_letters, const ports::Clock& clock,
                         ports::Metrics& metrics)
    : options_(std::move(options)),
      dead_letter_exchange_(DeadLetterExchange(queue.exchange)),
      handlers_(handlers),
      inbox_(inbox),
      dead_letters_(dead_letters),
      clock_(clock),
      metrics_(metrics, options_.name) {}

absl::Duration InboxWorker::RetryDelay(absl::Duration first, int attempts) {
  absl::Duration delay = first;
  for (int i = 1; i < attempts && delay < kRetryDelayMax; ++i) delay *= kRetryDelayFactor;
  return std::min(delay, kRetryDelayMax);
}

absl::Status InboxWorker::RunOnce() {
  const auto begun = std::chrono::steady_clock::now();
  const auto end = begun + kInboxPassMax;
  std::set<std::int64_t> tried;  // in this pass: each once, however short the waits are
  for (;;) {
    ports::CallContext context;
    context.deadline = clock_.Now() + kHandleTimeout;
    const auto due = inbox_.Due(options_.name, kInboxPassMessagesMax, context);
    if (!due.ok()) return due.status();
    bool any = false;
    for (const ports::WaitingMessage& waiting : *due) {
      if (letters_.contains(waiting.id) || !tried.insert(waiting.id).second) continue;
      any = true;
      if (stopping_ || std::chrono::steady_clock::now() >= end) return absl::OkStatus();
      const absl::Status status = Try(waiting);
      if (!status.ok()) return status;
    }
    const absl::StatusOr<std::size_t> ended = TakeOutcomes(any || stopping_ ? begun : begun + kInboxLetterWaitMax);
    if (!ended.ok()) return ended.status();
    // Each message was the first of its order: the next ones may be due now.
    if (!any && *ended == 0) return UpdateMetrics();
  }
}

absl::Status InboxWorker::Try(const ports::WaitingMessage& waiting) {
  const ports::InboundMessage& message = waiting.message;
  const absl::StatusOr<InboundEvent> event = DecodeEvent(message.body);
  if (!event.ok()) {
    return Reject(waiting, waiting.attempts, std::string(event.status().message()), metrics_.undecodable);
  }
  if (!handlers_.OrderOf(*event)) {
    // A later release, with a handler for this type, has parked the message, and was rolled back.
    metrics_.unknown_type.Increment();
    spdlog::warn("consumer {}: message {} of order {} waits for a release that knows {}", options_.name,
                 message.message_id, message.order_id.ToString(), event->event_type);
    return inbox_.SetAside(waiting.id, kRetryDelayMax, absl::StrCat("no handler acts on ", event->event_type),
                           ContextOf(waiting));
  }
  // The message has no try left: an earlier pass could not send its dead letter.
  if (waiting.attempts > options_.retry_attempts) {
    return Reject(waiting, options_.retry_attempts + 1, waiting.last_error, metrics_.retries_over);
  }
  const ports::InboxEntry entry = {options_.name, message.message_id, waiting.id};
  const auto begun = std::chrono::steady_clock::now();
  const ports::Handling handling = handlers_.Handle(*event, entry, ContextOf(waiting));
  metrics_.handle_seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  switch (handling.outcome) {
    case ports::HandlingOutcome::kDone:
      metrics_.done.Increment();
      metrics_.lag_seconds.Observe(std::max(0.0, absl::ToDoubleSeconds(clock_.Now() - event->timestamp)));
      return absl::OkStatus();
    case ports::HandlingOutcome::kUnavailable:
      metrics_.unavailable.Increment();
      return absl::UnavailableError(handling.reason);
    case ports::HandlingOutcome::kReject:
      return Reject(waiting, waiting.attempts + 1, handling.reason, metrics_.refused);
    case ports::HandlingOutcome::kRetryLater:
      break;
  }
  if (waiting.attempts < options_.retry_attempts) return PutOff(waiting, handling.reason);
  return Reject(waiting, waiting.attempts + 1,
                absl::StrCat("given up after ", waiting.attempts + 1, " tries: ", handling.reason),
                metrics_.retries_over);
}

absl::Status InboxWorker::PutOff(const ports::WaitingMessage& waiting, const std::string& reason) {
  metrics_.put_off.Increment();
  return inbox_.PutOff(waiting.id, RetryDelay(options_.retry_delay, waiting.attempts + 1), reason, ContextOf(waiting));
}

absl::Status InboxWorker::Reject(const ports::WaitingMessage& waiting, int attempts, const std::string& reason,
                                 ports::Counter& counter) {
  // Messages that need no broker must find room in the next pass.
  if (letters_.size() >= kInboxLettersMax) return PutOff(waiting, reason);
  const ports::InboundMessage& message = waiting.message;
  DeadLetter letter;
  letter.exchange = dead_letter_exchange_;
  letter.queue = options_.queue;
  letter.consumer = options_.name;
  letter.reason = reason;
  letter.attempts = attempts;
  letter.at = clock_.Now();
  letter.original_exchange = message.exchange;
  letter.original_routing_key = message.routing_key;
  letter.properties =
      EncodeProperties(message.message_id, message.event_type, message.correlation_id, message.traceparent);
  letter.body = message.body;
  spdlog::warn("consumer {}: dead-letters message {} of order {}: {}", options_.name, message.message_id,
               message.order_id.ToString(), reason);
  letters_.try_emplace(waiting.id, PendingLetter{waiting, reason, counter, dead_letters_.Send(std::move(letter))});
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> InboxWorker::TakeOutcomes(std::chrono::steady_clock::time_point until) {
  std::size_t ended = 0;
  for (auto letter = letters_.begin(); letter != letters_.end();) {
    if (letter->second.outcome.wait_until(until) != std::future_status::ready) {
      ++letter;
      continue;
    }
    const auto known = letter++;
    const absl::Status outcome = known->second.outcome.get();
    const PendingLetter done = std::move(known->second);
    letters_.erase(known);
    const absl::Status status = EndLetter(done, outcome);
    if (!status.ok()) return status;
    ++ended;
  }
  return ended;
}

absl::Status InboxWorker::EndLetter(const PendingLetter& letter, const absl::Status& outcome) {
  const ports::WaitingMessage& waiting = letter.waiting;
  if (!outcome.ok()) {
    spdlog::warn("consumer {}: the dead letter {} waits: {}", options_.name, waiting.message.message_id,
                 std::string(outcome.message()));
    return PutOff(waiting, letter.reason);
  }
  letter.counter.Increment();
  return inbox_.Remove(waiting.id, ContextOf(waiting));
}

absl::Status InboxWorker::UpdateMetrics() {
  const auto now = std::chrono::steady_clock::now();
  if (now < count_at_) return absl::OkStatus();
  count_at_ = now + kInboxStatsInterval;
  ports::CallContext context;
  context.deadline = clock_.Now() + kHandleTimeout;
  const auto stats = inbox_.Stats(options_.name, kInboxCountedMax, context);
  if (!stats.ok()) return stats.status();
  metrics_.waiting.Set(static_cast<double>(stats->waiting));
  const absl::Time at = clock_.Now();
  metrics_.oldest_seconds.Set(std::max(0.0, absl::ToDoubleSeconds(at - stats->oldest_arrived_at.value_or(at))));
  return absl::OkStatus();
}

ports::CallContext InboxWorker::ContextOf(const ports::WaitingMessage& waiting) const {
  ports::CallContext context;
  context.correlation_id = waiting.message.correlation_id;
  if (context.correlation_id.empty()) context.correlation_id = waiting.message.message_id;
  context.traceparent = waiting.message.traceparent;
  context.deadline = clock_.Now() + kHandleTimeout;
  return context;
}

}  // namespace logistics::messaging
