#include "messaging/relay/broker_link.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/backoff.hpp"
#include "messaging/amqp/errors.hpp"
#include "messaging/relay/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {
namespace {

std::string Text(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

BrokerLink::BrokerLink(const BrokerOptions& options, PublishWindow& window, QuarantinedKeys& quarantined,
                       RelayMetrics& metrics, ports::HealthReporter& health, SocketWatchdog& watchdog,
                       std::function<bool()> cancelled)
    : options_(options),
      topology_(TopologyOf(options)),
      window_(window),
      quarantined_(quarantined),
      metrics_(metrics),
      health_(health),
      dialer_(options, "relay", watchdog, std::move(cancelled)),
      random_(std::random_device{}()) {
  ReportHealth();
}

void BrokerLink::Maintain(Time now) {
  if (connection_ == nullptr) {
    if (now >= connect_at_) Connect(now);
    return;
  }
  if (ConfirmsOverdue(now)) {
    Lose(absl::UnavailableError(
             absl::StrCat("no confirm for ", absl::FormatDuration(options_.operation_timeout), ", giving it up")),
         now);
    return;
  }
  absl::Status status;
  if (!channel_open_) {
    status = OpenChannelAndDeclare(now);
  } else if (now >= declare_at_ && !blocked_) {
    // A blocked broker does not read: the declaration would hang.
    status = DeclareTopology(now);
  }
  if (!status.ok()) Lose(status, now);
}

void BrokerLink::Connect(Time now) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = dialer_.Dial();
  if (!connection.ok()) {
    Lose(connection.status(), std::max(now, std::chrono::steady_clock::now()));
    return;
  }
  connection_ = *std::move(connection);
  if (std::exchange(ever_connected_, true)) metrics_.reconnects.Increment();
  connected_at_ = now;
  const absl::Status opened = OpenChannelAndDeclare(now);
  if (!opened.ok()) Lose(opened, now);
}

absl::Status BrokerLink::OpenChannelAndDeclare(Time now) {
  absl::Status status = connection_->OpenPublishChannel();
  // Without a channel in confirm mode there is nothing to do on this connection, whoever refused it.
  if (!status.ok()) return EndsConnection(status) ? status : absl::UnavailableError(status.message());
  channel_open_ = true;
  confirms_expected_since_ = now;
  metrics_.connected.Set(1);
  return DeclareTopology(now);
}

absl::Status BrokerLink::DeclareTopology(Time now) {
  std::vector<TopologyConflict> conflicts;
  const absl::Status status = Declare(*connection_, topology_, conflicts);
  if (!status.ok()) return status;
  declare_at_ = now + absl::ToChronoNanoseconds(options_.redeclare_interval);
  for (const TopologyConflict& conflict : conflicts) {
    spdlog::error("broker: conflict over {}: {}", conflict.what, conflict.why);
  }
  conflicts_ = std::move(conflicts);
  metrics_.conflicts.Set(static_cast<double>(conflicts_.size()));
  ReportHealth();
  return status;
}

bool BrokerLink::ConfirmsOverdue(Time now) const {
  if (blocked_ || window_.in_flight() == 0) return false;
  const Time since = std::max(window_.OldestInFlight(), confirms_expected_since_);
  return now - since >= absl::ToChronoNanoseconds(options_.operation_timeout);
}

void BrokerLink::Lose(const absl::Status& why, Time now) {
  // One that lived for long had no part in the failures before it.
  if (connection_ != nullptr && now - connected_at_ > absl::ToChronoNanoseconds(options_.reconnect_max)) failures_ = 0;
  if (absl::IsAborted(why)) {
    last_refusal_ = Text(why);
    NoteRefused(window_.ChannelFailed());
  } else {
    window_.ConnectionLost();
  }
  connection_.reset();
  channel_open_ = false;
  blocked_ = false;
  const absl::Duration delay = base::BackoffDelay(options_.reconnect_min, options_.reconnect_max, failures_++, random_);
  connect_at_ = now + absl::ToChronoNanoseconds(delay);
  down_reason_ = Text(why);
  metrics_.connected.Set(0);
  metrics_.blocked.Set(0);
  spdlog::warn("broker: {}; next try in {}", down_reason_, absl::FormatDuration(delay));
  ReportHealth();
}

void BrokerLink::Service(Time now) {
  if (connection_ == nullptr) return;
  service_now_ = now;
  const absl::Status status = connection_->ProcessInput(*this);
  NoteOutcomes();
  if (!status.ok()) Lose(status, now);
}

void BrokerLink::Publish(Time now) {
  if (!CanPublish() || window_.Next(now) == nullptr) return;
  absl::Status status;
  {
    const Connection::Burst burst(*connection_);
    for (int sent = 0; sent < kBurstMessagesMax; ++sent) {
      const ports::OutboxMessage* const message = window_.Next(now);
      if (message == nullptr) break;
      const std::string message_id = message->message_id.ToString();
      const absl::StatusOr<std::uint64_t> tag =
          connection_->Publish({ExchangeOf(message->stream), message->routing_key, message_id, message->event_type,
                                message->correlation_id, message->traceparent, message->body, message->created_at});
      if (tag.ok()) {
        window_.Published(*tag, now);
        continue;
      }
      status = tag.status();
      if (EndsConnection(status)) break;
      last_refusal_ = Text(status);
      spdlog::error("broker: message {} cannot be published and is held: {}", message_id, last_refusal_);
      NoteRefused(window_.RefuseNext());
      status = absl::OkStatus();
    }
  }
  if (!status.ok()) Lose(status, now);
}

void BrokerLink::Close() {
  if (connection_ != nullptr) connection_->Close();
  connection_.reset();
  channel_open_ = false;
  metrics_.connected.Set(0);
}

BrokerLink::Time BrokerLink::NextDue(Time now) const {
  if (connection_ == nullptr) return connect_at_;
  if (!channel_open_) return now;
  // The library sends heartbeats only inside its calls.
  Time due = now + absl::ToChronoNanoseconds(std::max(options_.heartbeat, absl::Seconds(1))) / 3;
  if (blocked_) return due;
  due = std::min(due, declare_at_);
  if (window_.in_flight() == 0) return due;
  const Time since = std::max(window_.OldestInFlight(), confirms_expected_since_);
  return std::min(due, since + absl::ToChronoNanoseconds(options_.operation_timeout));
}

void BrokerLink::OnAck(std::uint64_t tag, bool multiple) {
  failures_ = 0;
  window_.Ack(tag, multiple, service_now_, outcomes_);
}

void BrokerLink::OnNack(std::uint64_t tag, bool multiple) {
  failures_ = 0;
  window_.Nack(tag, multiple, service_now_, outcomes_);
}

void BrokerLink::OnReturned(std::string_view message_id, std::string_view reason) {
  const std::optional<domain::Uuid> id = domain::Uuid::Parse(message_id);
  if (!id) return;
  window_.Returned(*id);
  last_refusal_ = absl::StrCat("unroutable: ", std::string(reason));
  const std::optional<std::int64_t> suppressed = unroutable_log_.Pass(service_now_);
  if (!suppressed) return;
  spdlog::warn("broker: no queue takes message {} ({}); it is {}; {} more since the last such line", message_id, reason,
               options_.unroutable == Unroutable::kHold ? "held" : "dropped", *suppressed);
}

void BrokerLink::OnChannelClosed(const absl::Status& why) {
  channel_open_ = false;
  last_refusal_ = Text(why);
  const bool found = NoteRefused(window_.ChannelFailed());
  const std::optional<std::int64_t> suppressed = refusal_log_.Pass(service_now_);
  if (!suppressed) return;
  spdlog::error("broker: {}; {}; {} more since the last such line", last_refusal_,
                found ? "the refused message is held" : "sending what is unconfirmed again, one by one", *suppressed);
}

void BrokerLink::OnBlocked(std::string_view reason) {
  blocked_ = true;
  blocked_reason_ = reason;
  metrics_.blocked.Set(1);
  spdlog::warn("broker: blocks publishers: {}", blocked_reason_);
  ReportHealth();
}

void BrokerLink::OnUnblocked() {
  blocked_ = false;
  confirms_expected_since_ = service_now_;
  metrics_.blocked.Set(0);
  spdlog::info("broker: takes messages again");
  ReportHealth();
}

bool BrokerLink::NoteRefused(const std::optional<OrderingId>& key) {
  if (key) quarantined_.RefusedAgain(*key);
  return key.has_value();
}

void BrokerLink::NoteOutcomes() {
  double confirmed = 0;
  for (const PublishOutcome& outcome : outcomes_) {
    metrics_.confirm_seconds.Observe(absl::ToDoubleSeconds(outcome.latency));
    switch (outcome.result) {
      case PublishResult::kConfirmed:
        ++confirmed;
        break;
      case PublishResult::kNacked:
        metrics_.nacked.Increment();
        if (outcome.was_quarantined) quarantined_.RefusedAgain(outcome.key);
        break;
      case PublishResult::kReturned:
        metrics_.returned.Increment();
        if (options_.unroutable == Unroutable::kDrop) break;
        quarantined_.RefusedAgain(outcome.key);
        quarantined_.Unroutable(outcome.route);
        break;
    }
  }
  if (confirmed > 0) metrics_.confirmed.Increment(confirmed);
  outcomes_.clear();
}

void BrokerLink::ReportHealth() {
  std::string reason;
  if (connection_ == nullptr) {
    reason = absl::StrCat("no connection, events wait in the outbox: ", down_reason_);
  } else if (blocked_) {
    reason = absl::StrCat("the broker blocks publishers, events wait in the outbox: ", blocked_reason_);
  } else if (!conflicts_.empty()) {
    reason = absl::StrCat(conflicts_.size(), " conflict(s) in the topology, first: ", conflicts_.front().why);
  }
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
