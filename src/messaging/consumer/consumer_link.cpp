#include "messaging/consumer/consumer_link.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/backoff.hpp"
#include "messaging/amqp/errors.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

ConsumerLink::ConsumerLink(const BrokerOptions& broker, const ConsumerOptions& options, const QueueOptions& queue,
                           ConsumerMetrics& metrics, SocketWatchdog& watchdog, Callbacks callbacks)
    : broker_(broker),
      options_(options),
      queue_(queue.name),
      topology_(TopologyOf(queue)),
      metrics_(metrics),
      callbacks_(std::move(callbacks)),
      dialer_(broker, absl::StrCat("consumer ", options.name), watchdog, callbacks_.cancelled),
      random_(std::random_device{}()) {}

void ConsumerLink::Maintain(Time now) {
  if (!connected()) {
    if (!handed_back_ && now >= connect_at_) Connect(now);
    return;
  }
  const bool confirm_overdue = dead_letters_.in_flight() && !blocked_ &&
                               now - dead_letters_.sent_at() >= absl::ToChronoNanoseconds(broker_.operation_timeout);
  absl::Status status;
  if (!consumer_ended_.ok()) {
    status = absl::UnavailableError(consumer_ended_.message());
  } else if (confirm_overdue) {
    status = absl::UnavailableError("no confirm of a dead letter, giving the connection up");
  } else if (!publish_channel_open_) {
    status = connection_->OpenPublishChannel();
    publish_channel_open_ = status.ok();
    // Without a channel in confirm mode there is nowhere to put what is poison, whoever refused it.
    if (!status.ok()) status = absl::UnavailableError(status.message());
  } else if (now >= declare_at_ && !blocked_) {
    status = DeclareQueue();
  }
  if (!status.ok()) Lose(status, now);
}

void ConsumerLink::Connect(Time now) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = dialer_.Dial();
  if (!connection.ok()) return Lose(connection.status(), std::max(now, std::chrono::steady_clock::now()));
  connection_ = *std::move(connection);
  connected_at_ = now;
  const absl::Status status = SetUp();
  if (!status.ok()) return Lose(status, now);
  metrics_.connected.Set(1);
}

absl::Status ConsumerLink::SetUp() {
  absl::Status status = connection_->OpenPublishChannel();
  publish_channel_open_ = status.ok();
  if (status.ok()) status = DeclareQueue();
  if (status.ok()) status = connection_->Consume(queue_, options_.prefetch);
  return status;
}

absl::Status ConsumerLink::DeclareQueue() {
  declare_at_ = Time::max();
  std::vector<TopologyConflict> conflicts;
  const absl::Status status = Declare(*connection_, topology_, conflicts);
  if (!status.ok()) return status;
  for (const TopologyConflict& conflict : conflicts) {
    spdlog::error("consumer {}: conflict over {}: {}", options_.name, conflict.what, conflict.why);
  }
  conflicts_ = std::move(conflicts);
  return status;
}

void ConsumerLink::Lose(const absl::Status& why, Time now) {
  if (connected() && now - connected_at_ > absl::ToChronoNanoseconds(broker_.reconnect_max)) failures_ = 0;
  connection_.reset();
  const absl::Duration delay = base::BackoffDelay(broker_.reconnect_min, broker_.reconnect_max, failures_++, random_);
  connect_at_ = now + absl::ToChronoNanoseconds(delay);
  spdlog::warn("consumer {}: {}; next try in {}", options_.name, std::string(why.message()),
               absl::FormatDuration(delay));
  EndSession(absl::UnavailableError(why.message()));
}

void ConsumerLink::EndSession(const absl::Status& why) {
  down_reason_ = std::string(why.message());
  publish_channel_open_ = false;
  blocked_ = false;
  consumer_ended_ = absl::OkStatus();
  metrics_.connected.Set(0);
  callbacks_.new_session(++session_);
  dead_letters_.Drop(why);
}

void ConsumerLink::HandBack(const std::string& why) {
  handed_back_ = true;
  if (!connected()) return;
  connection_->Close();
  connection_.reset();
  EndSession(absl::UnavailableError(why));
}

void ConsumerLink::TakeAgain() {
  handed_back_ = false;
  connect_at_ = Time::min();
}

void ConsumerLink::Service(Time now) {
  if (!connected()) return;
  service_now_ = now;
  const absl::Status status = connection_->ProcessInput(*this);
  if (!status.ok()) Lose(status, now);
}

void ConsumerLink::Ack(const std::vector<PendingAck>& acks, Time now) {
  if (!connected() || acks.empty()) return;
  absl::Status status;
  {
    const Connection::Burst burst(*connection_);
    for (const PendingAck& ack : acks) {
      if (ack.session != session_) continue;
      status = connection_->Ack(ack.tag);
      if (!status.ok()) break;
    }
  }
  if (!status.ok()) Lose(status, now);
}

void ConsumerLink::Bury(DeadLetter letter, bool insist, DeadLetterLane::Outcome outcome) {
  if (!insist && !CanPublish()) {
    const std::string trouble = Trouble();
    outcome(absl::UnavailableError(trouble.empty() ? "the broker takes no dead letters now" : trouble));
    return;
  }
  dead_letters_.Add(std::move(letter), insist, std::move(outcome));
}

void ConsumerLink::SendDeadLetters(Time now) {
  if (!CanPublish() || !dead_letters_.Ready(now)) return;
  absl::Status status;
  {
    const Connection::Burst burst(*connection_);
    status = dead_letters_.Send(*connection_, now);
  }
  if (!status.ok()) Lose(status, now);
}

void ConsumerLink::OnAck(std::uint64_t /*tag*/, bool /*multiple*/) {
  if (!dead_letters_.returned().empty()) {
    Refused(absl::StrCat("no queue took it: ", dead_letters_.returned()));
    return;
  }
  failures_ = 0;
  refusals_ = 0;
  dead_letters_.Confirmed();
}

void ConsumerLink::OnNack(std::uint64_t /*tag*/, bool /*multiple*/) { Refused("the broker answered with a nack"); }

void ConsumerLink::OnReturned(std::string_view /*message_id*/, std::string_view reason) {
  dead_letters_.Returned(reason);
}

void ConsumerLink::OnChannelClosed(const absl::Status& why) {
  publish_channel_open_ = false;
  Refused(std::string(why.message()));
}

void ConsumerLink::Refused(const std::string& why) {
  const absl::Duration delay = base::BackoffDelay(broker_.reconnect_min, broker_.reconnect_max, refusals_++, random_);
  // What takes them may be gone: it is declared before the next try.
  declare_at_ = service_now_;
  dead_letters_.Refused(why, service_now_ + absl::ToChronoNanoseconds(delay));
  const std::optional<std::int64_t> suppressed = refusal_log_.Pass(service_now_);
  if (!suppressed) return;
  spdlog::error("consumer {}: a dead letter was refused: {}; {} more since the last such line", options_.name, why,
                *suppressed);
}

void ConsumerLink::OnBlocked(std::string_view reason) {
  blocked_ = true;
  blocked_reason_ = reason;
  dead_letters_.GiveUpWaiting(absl::UnavailableError(absl::StrCat("the broker blocks publishers: ", blocked_reason_)));
  spdlog::warn("consumer {}: the broker blocks publishers: {}", options_.name, blocked_reason_);
}

void ConsumerLink::OnUnblocked() { blocked_ = false; }

void ConsumerLink::OnDelivery(Delivery&& delivery) {
  failures_ = 0;
  callbacks_.taken(std::move(delivery));
}

void ConsumerLink::OnConsumerEnded(const absl::Status& why) { consumer_ended_ = why; }

ConsumerLink::Time ConsumerLink::NextDue(Time now) const {
  if (!connected()) return handed_back_ ? Time::max() : connect_at_;
  if (!publish_channel_open_ || !consumer_ended_.ok()) return now;
  // The library sends heartbeats only inside its calls.
  Time due = now + absl::ToChronoNanoseconds(std::max(broker_.heartbeat, absl::Seconds(1))) / 3;
  if (blocked_) return due;
  due = std::min({due, declare_at_, dead_letters_.NextDue()});
  if (dead_letters_.in_flight()) {
    due = std::min(due, dead_letters_.sent_at() + absl::ToChronoNanoseconds(broker_.operation_timeout));
  }
  return due;
}

std::string ConsumerLink::Trouble() const {
  if (!connected()) return absl::StrCat("no connection, messages wait in queue ", queue_, ": ", down_reason_);
  if (blocked_) return absl::StrCat("the broker blocks publishers, and with them dead letters: ", blocked_reason_);
  if (!dead_letters_.refusal().empty()) {
    return absl::StrCat("dead letters of queue ", queue_, " are refused: ", dead_letters_.refusal());
  }
  if (!conflicts_.empty()) {
    return absl::StrCat(conflicts_.size(), " conflict(s) in the topology, first: ", conflicts_.front().why);
  }
  return "";
}

}  // namespace logistics::messaging
