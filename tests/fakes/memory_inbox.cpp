#include "fakes/memory_inbox.hpp"

#include <algorithm>

#include "logistics/domain/validation.hpp"

namespace logistics::fakes {

using ports::WaitingMessage;

absl::Status MemoryInbox::Park(const ports::InboundMessage& message, int attempts, absl::Duration delay,
                               const std::string& error, const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  for (const std::string* text : {&message.consumer, &message.message_id, &message.exchange, &message.routing_key,
                                  &message.event_type, &message.body, &message.correlation_id, &message.traceparent}) {
    if (!domain::IsCleanText(*text)) return absl::InvalidArgumentError("a message is no text that can be stored");
  }
  const bool waits = std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
    const ports::InboundMessage& other = entry.second.message;
    return other.consumer == message.consumer && other.message_id == message.message_id;
  });
  if (waits) return absl::OkStatus();
  const absl::Time now = clock_.Now();
  const std::int64_t id = ++last_id_;
  waiting_[id] = {id, message, attempts, now, now + delay, error};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WaitingMessage>> MemoryInbox::Due(const std::string& consumer, int limit,
                                                             const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<WaitingMessage> due;
  std::set<domain::OrderId> seen;
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.message.consumer != consumer) continue;
    const bool first = seen.insert(waiting.message.order_id).second;
    if (first && waiting.due_at <= clock_.Now() && std::ssize(due) < limit) due.push_back(waiting);
  }
  return due;
}

absl::Status MemoryInbox::PutOff(std::int64_t id, absl::Duration delay, const std::string& error,
                                 const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  if (const auto found = waiting_.find(id); found != waiting_.end()) {
    ++found->second.attempts;
    found->second.due_at = clock_.Now() + delay;
    found->second.last_error = error;
  }
  return absl::OkStatus();
}

absl::Status MemoryInbox::SetAside(std::int64_t id, absl::Duration delay, const std::string& why,
                                   const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  if (const auto found = waiting_.find(id); found != waiting_.end()) {
    found->second.due_at = clock_.Now() + delay;
    found->second.last_error = why;
  }
  return absl::OkStatus();
}

absl::Status MemoryInbox::Remove(std::int64_t id, const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  waiting_.erase(id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WaitingMessage>> MemoryInbox::List(const std::string& consumer, std::int64_t after,
                                                              int limit, const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  ++lists_;
  std::vector<WaitingMessage> page;
  for (auto entry = waiting_.upper_bound(after); entry != waiting_.end() && std::ssize(page) < limit; ++entry) {
    if (consumer.empty() || entry->second.message.consumer == consumer) page.push_back(entry->second);
  }
  return page;
}

absl::StatusOr<ports::InboxStats> MemoryInbox::Stats(const std::string& consumer, int count_max,
                                                     const ports::CallContext& /*context*/) {
  const std::scoped_lock lock(mutex_);
  if (!failure_.ok()) return failure_;
  ports::InboxStats stats;
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.message.consumer != consumer || stats.waiting == count_max) continue;
    ++stats.waiting;
    stats.oldest_arrived_at = std::min(stats.oldest_arrived_at.value_or(waiting.arrived_at), waiting.arrived_at);
  }
  return stats;
}

int MemoryInbox::lists() const {
  const std::scoped_lock lock(mutex_);
  return lists_;
}

void MemoryInbox::FailWith(absl::Status status) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(status);
}

commands::MessageState MemoryInbox::Look(const std::string& consumer, const std::string& message_id,
                                         const domain::OrderId& order_id) const {
  const std::scoped_lock lock(mutex_);
  commands::MessageState state;
  state.done = done_.contains({consumer, message_id});
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.message.consumer != consumer) continue;
    if (waiting.message.message_id == message_id) state.waits_as = id;
    if (waiting.message.order_id == order_id && !state.first_waiting) state.first_waiting = id;
  }
  return state;
}

void MemoryInbox::MarkDone(const std::string& consumer, const std::string& message_id) {
  const std::scoped_lock lock(mutex_);
  done_.insert({consumer, message_id});
}

void MemoryInbox::Forget(std::int64_t id) {
  const std::scoped_lock lock(mutex_);
  waiting_.erase(id);
}

}  // namespace logistics::fakes
