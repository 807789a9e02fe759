#include "messaging/relay/broker_link.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/errors.hpp"
#include "messaging/relay/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {
namespace {

// Routes that the health text names.
constexpr std::size_t kNamedRoutesMax = 5;

BrokerSession::Options SessionOptionsOf(const BrokerOptions& options) {
  return {.purpose = "relay",
          .topology = TopologyOf(options),
          .redeclare_interval = options.redeclare_interval,
          .down_effect = "events wait in the outbox",
          .blocked_effect = "events wait in the outbox"};
}

}  // namespace

BrokerLink::BrokerLink(const BrokerOptions& options, PublishWindow& window, QuarantinedKeys& quarantined,
                       RelayMetrics& metrics, ports::HealthReporter& health, SocketWatchdog& watchdog,
                       std::function<bool()> cancelled)
    : options_(options),
      window_(window),
      quarantined_(quarantined),
      metrics_(metrics),
      health_(health),
      session_(options, SessionOptionsOf(options), watchdog, std::move(cancelled), *this) {
  ReportState();
}

void BrokerLink::Maintain(Time now) {
  GiveUpStuck(now);
  session_.Maintain(now, window_.OldestInFlight());
  ReportState();
}

void BrokerLink::GiveUpStuck(Time now) {
  while (session_.ConfirmOverdue(now, window_.OldestInFlight()) && window_.last_confirm() > window_.OldestInFlight()) {
    last_refusal_ = "not confirmed: a queue of its routing key is stuck";
    window_.GiveUpOldest(now, outcomes_);
  }
  CountOutcomes(now);
}

void BrokerLink::ProcessInput(Time now) {
  session_.ProcessInput(now);
  CountOutcomes(now);
}

void BrokerLink::Publish(Time now) {
  if (!CanPublish() || window_.Next() == nullptr) return;
  const absl::Status status = PublishBurst(now);
  if (status.ok()) return;
  session_.Lose(status, now);
  ReportState();
}

absl::Status BrokerLink::PublishBurst(Time now) {
  const Connection::Burst burst(session_.connection());
  for (int sent = 0; sent < kBurstMessagesMax; ++sent) {
    const ports::OutboxMessage* const message = window_.Next();
    if (message == nullptr) break;
    const std::string message_id = message->message_id.ToString();
    const absl::StatusOr<std::uint64_t> tag = session_.connection().Publish(
        {ExchangeOf(message->stream), message->routing_key, message_id, message->event_type, message->correlation_id,
         message->traceparent, message->body, message->committed_at});
    if (tag.ok()) {
      window_.Published(*tag, now);
      continue;
    }
    if (EndsConnection(tag.status())) return tag.status();
    last_refusal_ = std::string(tag.status().message());
    spdlog::error("relay: message {} cannot be published and is quarantined: {}", message_id, last_refusal_);
    NoteRefused(window_.RefuseNext());
  }
  return absl::OkStatus();
}

void BrokerLink::OnAck(std::uint64_t tag, bool multiple) {
  window_.Ack(tag, multiple, session_.input_time(), outcomes_);
}

void BrokerLink::OnNack(std::uint64_t tag, bool multiple) {
  last_refusal_ = "nacked: a queue of its routing key takes no more";
  window_.Nack(tag, multiple, session_.input_time(), outcomes_);
}

void BrokerLink::OnReturned(std::string_view message_id, std::string_view reason) {
  const std::optional<domain::Uuid> id = domain::Uuid::Parse(message_id);
  if (!id) return;
  window_.Returned(*id);
  last_refusal_ = absl::StrCat("unroutable: ", std::string(reason));
}

void BrokerLink::NoteReturned(const PublishOutcome& outcome, Time now) {
  const std::string_view exchange = ExchangeOf(outcome.route.stream);
  const std::string result = outcome.dropped ? "dropped" : "returned";
  metrics_.Refused(result, exchange, outcome.route.routing_key).Increment();
  if (!outcome.dropped) {
    quarantined_.Unroutable(outcome.key, outcome.route);
  } else if (outcome.was_quarantined) {
    quarantined_.Confirmed(outcome.route);
  }
  const std::optional<std::int64_t> suppressed = unroutable_log_.Pass(now);
  if (!suppressed) return;
  spdlog::warn(
      "relay: no queue takes an event on {} {}, so the event is {}; "
      "{} more since the last such line",
      exchange, outcome.route.routing_key, outcome.dropped ? "dropped" : "quarantined", *suppressed);
}

void BrokerLink::OnChannelClosed(const absl::Status& why) {
  last_refusal_ = std::string(why.message());
  const bool found = NoteRefused(window_.ChannelFailed());
  const std::optional<std::int64_t> suppressed = refusal_log_.Pass(session_.input_time());
  if (!suppressed) return;
  spdlog::error("relay: {}; {}; {} more since the last such line", last_refusal_,
                found ? "the refused message is quarantined" : "unconfirmed messages go out again, one by one",
                *suppressed);
}

absl::Status BrokerLink::OnConnected(Connection& /*connection*/) {
  if (std::exchange(ever_connected_, true)) metrics_.reconnects.Increment();
  return absl::OkStatus();
}

void BrokerLink::OnConnectionLost(const absl::Status& why) {
  if (absl::IsDeadlineExceeded(why)) return window_.ConfirmsOverdue();
  if (!absl::IsAborted(why)) return window_.ConnectionLost();
  last_refusal_ = std::string(why.message());
  NoteRefused(window_.ChannelFailed());
}

bool BrokerLink::NoteRefused(const std::optional<OrderingId>& key) {
  if (key) quarantined_.Refused(*key);
  return key.has_value();
}

void BrokerLink::CountOutcomes(Time now) {
  double confirmed = 0;
  for (const PublishOutcome& outcome : outcomes_) {
    metrics_.confirm_seconds.Observe(absl::ToDoubleSeconds(outcome.latency));
    switch (outcome.result) {
      case PublishResult::kConfirmed:
        ++confirmed;
        if (outcome.was_quarantined) quarantined_.Confirmed(outcome.route);
        break;
      case PublishResult::kNacked:
        metrics_.nacked.Increment();
        NoteRefusedByQueue(outcome, now);
        break;
      case PublishResult::kUnconfirmed:
        NoteRefusedByQueue(outcome, now);
        break;
      case PublishResult::kReturned:
        metrics_.returned.Increment();
        NoteReturned(outcome, now);
        break;
    }
  }
  if (confirmed > 0) metrics_.confirmed.Increment(confirmed);
  outcomes_.clear();
}

void BrokerLink::NoteRefusedByQueue(const PublishOutcome& outcome, Time now) {
  const bool nacked = outcome.result == PublishResult::kNacked;
  const std::string_view exchange = ExchangeOf(outcome.route.stream);
  metrics_.Refused(nacked ? "nacked" : "unconfirmed", exchange, outcome.route.routing_key).Increment();
  quarantined_.Nacked(outcome.key, outcome.route, outcome.was_quarantined, now);
  if (!nacked) quarantined_.Stuck(outcome.route);
  const std::optional<std::int64_t> suppressed = nack_log_.Pass(now);
  if (!suppressed) return;
  spdlog::warn(
      "relay: a queue {} an event on {} {}, so the event is "
      "quarantined; {} more since the last such line",
      nacked ? "refuses (nack)" : "does not confirm", exchange, outcome.route.routing_key, *suppressed);
}

std::string BrokerLink::Trouble() const {
  std::string trouble = session_.Trouble();
  if (!trouble.empty()) return trouble;
  const std::vector<Route> nacked = quarantined_.NackedRoutes();
  if (nacked.empty()) return trouble;
  trouble =
      "queues refuse (nack) or do not confirm events, which wait in "
      "quarantine:";
  const std::size_t named = std::min(nacked.size(), kNamedRoutesMax);
  for (std::size_t i = 0; i < named; ++i) {
    absl::StrAppend(&trouble, i == 0 ? " " : ", ", std::string(ExchangeOf(nacked[i].stream)), " ",
                    nacked[i].routing_key);
  }
  if (named < nacked.size()) absl::StrAppend(&trouble, " and ", nacked.size() - named, " more");
  return trouble;
}

void BrokerLink::ReportState() {
  metrics_.connected.Set(connected() ? 1 : 0);
  metrics_.blocked.Set(session_.blocked() ? 1 : 0);
  metrics_.conflicts.Set(static_cast<double>(session_.conflicts()));
  const std::string reason = Trouble();
  if (reported_ == reason) return;
  reported_ = reason;
  health_.Report("broker", reason.empty() ? ports::HealthState::kUp : ports::HealthState::kDegraded, reason);
}

std::string_view BrokerLink::ExchangeOf(domain::EventStream stream) const {
  switch (stream) {
    case domain::EventStream::kOrder:
      return options_.order_exchange;
    case domain::EventStream::kInventory:
      return options_.inventory_exchange;
  }
  return options_.order_exchange;
}

}  // namespace logistics::messaging
