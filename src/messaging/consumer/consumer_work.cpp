// A consumer's handling of messages: what the workers do, and what is done while the database is away.
#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/backoff.hpp"
#include "logistics/domain/validation.hpp"
#include "messaging/consumer/consumer.hpp"
#include "messaging/consumer/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {
namespace {

// Of others, to be stored: what Postgres would refuse is left out.
std::string StorableOrNothing(const std::string& text) {
  return text.size() <= kInboundPropertyBytesMax && domain::IsCleanText(text) ? text : "";
}

}  // namespace

ports::CallContext Consumer::ContextOf(const Delivery& delivery, const InboundEvent& event) const {
  ports::CallContext context;
  context.correlation_id = StorableOrNothing(delivery.correlation_id);
  if (context.correlation_id.empty()) context.correlation_id = event.id.ToString();
  context.traceparent = StorableOrNothing(delivery.traceparent);
  context.deadline = clock_.Now() + kHandleTimeout;
  return context;
}

void Consumer::Work() {
  while (std::unique_ptr<InboundTask> task = lanes_.Take()) {
    const domain::OrderId order_id = task->order_id;
    Handled handled = Try(std::move(task));
    if (handled.away) {
      metrics_.unavailable.Increment();
      lanes_.PutBack(std::move(handled.task));
      const std::lock_guard lock(mutex_);
      away_reason_ = std::move(handled.away);
    } else {
      lanes_.Done(order_id);
      const std::lock_guard lock(mutex_);
      handled_.push_back(std::move(handled));
    }
    wake_.Set();
  }
}

Consumer::Handled Consumer::Try(std::unique_ptr<InboundTask> task) {
  const ports::InboxEntry entry = {options_.name, task->event.id.ToString(), std::nullopt};
  const auto begun = Clock::now();
  const ports::Handling handling = handlers_.Handle(task->event, entry, ContextOf(task->delivery, task->event));
  metrics_.handle_seconds.Observe(std::chrono::duration<double>(Clock::now() - begun).count());
  metrics_.lag_seconds.Observe(std::max(0.0, absl::ToDoubleSeconds(clock_.Now() - task->event.timestamp)));

  std::optional<std::string> poison;
  std::optional<std::string> away;
  switch (handling.outcome) {
    case ports::HandlingOutcome::kDone:
      metrics_.done.Increment();
      break;
    case ports::HandlingOutcome::kRetryLater:
      if (const absl::Status parked = Park(*task, handling.reason); absl::IsInvalidArgument(parked)) {
        poison = std::string(parked.message());  // will never be parked
      } else if (!parked.ok()) {
        away = absl::StrCat("a message cannot be parked: ", parked.message());
      }
      break;
    case ports::HandlingOutcome::kReject:
      poison = handling.reason;
      break;
    case ports::HandlingOutcome::kUnavailable:
      away = handling.reason;
      break;
  }
  return {std::move(task), std::move(poison), std::move(away)};
}

absl::Status Consumer::Park(const InboundTask& task, const std::string& reason) {
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
  const absl::Status parked =
      inbox_.Park(message, /*attempts=*/1, options_.retry_delay, reason, ContextOf(task.delivery, task.event));
  if (parked.ok()) metrics_.parked.Increment();
  return parked;
}

// While it is away: the workers stand still; now and then they try. When that has lasted for long and the database does
// not answer a question either, what is in hand goes back to the broker, and is taken again when it answers.
void Consumer::WatchAway(Time now) {
  std::optional<std::string> noted;
  {
    const std::lock_guard lock(mutex_);
    noted = std::exchange(away_reason_, std::nullopt);
  }
  const auto delay_next = [&] {
    const absl::Duration delay =
        base::BackoffDelay(broker_.reconnect_min, broker_.reconnect_max, away_tries_++, random_);
    away_next_ = Clock::now() + absl::ToChronoNanoseconds(delay);
  };
  if (noted) {
    if (away_.empty()) {
      away_since_ = now;
      metrics_.paused.Set(1);
      spdlog::warn("consumer {}: handles nothing for now: {}", options_.name, *noted);
    }
    away_ = *std::move(noted);
    if (away_next_ == Time::max()) delay_next();
  }
  if (now < away_next_) return;
  away_next_ = Time::max();

  const bool nothing_to_try = handed_back_ || lanes_.waiting() == 0;
  const bool long_away = now - away_since_ >= absl::ToChronoNanoseconds(options_.hand_back_after);
  if (nothing_to_try || long_away) {
    if (!DatabaseAnswers()) {
      if (long_away && !handed_back_) {
        handed_back_ = true;
        spdlog::warn("consumer {}: gives back what it has in hand: {}", options_.name, away_);
        link_.HandBack("the database is away");
      }
      return delay_next();
    }
    if (nothing_to_try) EndAway();
  }
  lanes_.Resume();
}

void Consumer::EndAway() {
  if (away_.empty()) return;
  away_.clear();
  away_tries_ = 0;
  metrics_.paused.Set(0);
  spdlog::info("consumer {}: handles messages again", options_.name);
  if (std::exchange(handed_back_, false)) link_.TakeAgain();
}

bool Consumer::DatabaseAnswers() {
  ports::CallContext context;
  context.deadline = clock_.Now() + kProbeTimeout;
  const auto answer = inbox_.Due(options_.name, 1, context);
  if (!answer.ok()) away_ = std::string(answer.status().message());
  return answer.ok();
}

}  // namespace logistics::messaging
