#include "messaging/consumer/consumer_link.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/backoff.hpp"
#include "messaging/events/event_decoder.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {
namespace {

BrokerSession::Options SessionOptionsOf(const ConsumerOptions& options, const QueueOptions& queue) {
  return {.purpose = absl::StrCat("consumer ", options.name),
          .topology = TopologyOf(queue),
          .redeclare_interval = absl::InfiniteDuration(),
          .down_effect = absl::StrCat("messages wait in queue ", queue.name),
          .blocked_effect = "and with them dead letters"};
}

}  // namespace

ConsumerLink::ConsumerLink(const BrokerOptions& broker, const ConsumerOptions& options, const QueueOptions& queue,
                           ConsumerMetrics& metrics, SocketWatchdog& watchdog, Callbacks callbacks)
    : broker_(broker),
      options_(options),
      queue_(queue.name),
      metrics_(metrics),
      callbacks_(std::move(callbacks)),
      session_(broker, SessionOptionsOf(options, queue), watchdog, callbacks_.cancelled, *this),
      random_(std::random_device{}()) {}

absl::Status ConsumerLink::OnConnected(Connection& connection) {
  const absl::Status status = connection.Consume(queue_, options_.prefetch, kInboundBodyBytesMax);
  if (status.ok()) metrics_.connected.Set(1);
  return status;
}

void ConsumerLink::OnConnectionLost(const absl::Status& why) {
  metrics_.connected.Set(0);
  stuck_ = 0;
  callbacks_.new_session(++session_number_);
  dead_letters_.Drop(absl::UnavailableError(why.message()));
}

void ConsumerLink::Ack(const std::vector<PendingAck>& acks, Time now) {
  if (!connected() || acks.empty()) return;
  absl::Status status;
  {
    const Connection::Burst burst(session_.connection());
    for (const PendingAck& ack : acks) {
      if (ack.session != session_number_) continue;
      Connection& connection = session_.connection();
      status = ack.reject ? connection.Reject(ack.tag) : connection.Ack(ack.tag);
      if (!status.ok()) break;
    }
  }
  if (!status.ok()) session_.Lose(status, now);
}

void ConsumerLink::AddDeadLetter(DeadLetter letter, bool insist, DeadLetterSender::Outcome outcome) {
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
    const Connection::Burst burst(session_.connection());
    status = dead_letters_.Send(session_.connection(), now);
  }
  if (!status.ok()) session_.Lose(status, now);
}

void ConsumerLink::OnAck(std::uint64_t /*tag*/, bool /*multiple*/) {
  if (!dead_letters_.returned().empty()) {
    Refused(absl::StrCat("no queue took it: ", dead_letters_.returned()));
    return;
  }
  refusals_ = 0;
  dead_letters_.Confirmed();
}

void ConsumerLink::OnNack(std::uint64_t /*tag*/, bool /*multiple*/) { Refused("the broker answered with a nack"); }

void ConsumerLink::OnReturned(std::string_view /*message_id*/, std::string_view reason) {
  dead_letters_.Returned(reason);
}

void ConsumerLink::OnChannelClosed(const absl::Status& why) { Refused(std::string(why.message())); }

void ConsumerLink::Refused(const std::string& why) {
  const absl::Duration delay = base::BackoffDelay(broker_.reconnect_min, broker_.reconnect_max, refusals_++, random_);
  // The queue of dead letters may be gone: the next try comes after a declaration.
  session_.DeclareAgain();
  const Time now = session_.input_time();
  dead_letters_.Refused(why, now + absl::ToChronoNanoseconds(delay));
  const std::optional<std::int64_t> suppressed = refusal_log_.Pass(now);
  if (!suppressed) return;
  spdlog::error("consumer {}: a dead letter was refused: {}; {} more since the last such line", options_.name, why,
                *suppressed);
}

void ConsumerLink::OnBlocked(std::string_view reason) {
  dead_letters_.GiveUpWaiting(
      absl::UnavailableError(absl::StrCat("the broker blocks publishers: ", std::string(reason))));
}

ConsumerLink::Time ConsumerLink::NextDue(Time now) const {
  const Time due = session_.NextDue(now, OldestUnconfirmed());
  return CanPublish() ? std::min(due, dead_letters_.NextDue()) : due;
}

std::string ConsumerLink::Trouble() const {
  if (connected() && !session_.blocked() && !dead_letters_.refusal().empty()) {
    return absl::StrCat("dead letters of queue ", queue_, " are refused: ", dead_letters_.refusal());
  }
  if (stuck_ > 0 && !session_.blocked()) {
    return absl::StrCat(stuck_, " of ", options_.prefetch,
                        " prefetched messages are too large and cannot be rejected: queue ", queue_,
                        " may have other arguments than declared here, and drop them");
  }
  return session_.Trouble();
}

}  // namespace logistics::messaging
