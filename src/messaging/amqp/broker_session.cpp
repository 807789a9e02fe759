#include "messaging/amqp/broker_session.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logistics/base/backoff.hpp"
#include "messaging/amqp/errors.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

BrokerSession::BrokerSession(const BrokerOptions& broker, Options options, SocketWatchdog& watchdog,
                             std::function<bool()> cancelled, SessionListener& listener)
    : broker_(broker),
      options_(std::move(options)),
      listener_(listener),
      dialer_(broker, options_.purpose, watchdog, std::move(cancelled)),
      random_(std::random_device{}()) {}

void BrokerSession::Maintain(Time now, Time oldest_unconfirmed) {
  if (!connected()) {
    if (!suspended_ && now >= connect_at_) Connect(now);
    return;
  }
  absl::Status status;
  if (!consumer_ended_.ok()) {
    status = absl::UnavailableError(consumer_ended_.message());
  } else if (ConfirmOverdue(now, oldest_unconfirmed)) {
    status = absl::DeadlineExceededError(
        absl::StrCat("the broker confirmed nothing for ", absl::FormatDuration(broker_.operation_timeout)));
  } else {
    status = OpenAndDeclare(now);
  }
  if (!status.ok()) Lose(status, now);
}

void BrokerSession::Connect(Time now) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = dialer_.Dial();
  if (!connection.ok()) return Lose(connection.status(), std::max(now, std::chrono::steady_clock::now()));
  connection_ = *std::move(connection);
  connected_at_ = now;
  absl::Status status = OpenAndDeclare(now);
  if (status.ok()) status = listener_.OnConnected(*connection_);
  if (!status.ok()) Lose(status, now);
}

absl::Status BrokerSession::OpenAndDeclare(Time now) {
  if (!channel_open_) {
    const absl::Status status = connection_->OpenPublishChannel();
    // A connection without a channel in confirm mode is of no use, whatever the error.
    if (!status.ok()) return EndsConnection(status) ? status : absl::UnavailableError(status.message());
    channel_open_ = true;
    confirms_expected_since_ = now;
    DeclareAgain();
  }
  // A blocked broker does not read: the declaration would hang.
  return now >= declare_at_ && !blocked_ ? DeclareTopology(now) : absl::OkStatus();
}

absl::Status BrokerSession::DeclareTopology(Time now) {
  const std::size_t unchecked_before = declared_.unchecked.size();
  const absl::Status status = Declare(*connection_, options_.topology, declared_);
  if (!status.ok()) return status;
  const absl::Duration interval = options_.redeclare_interval;
  declare_at_ = interval == absl::InfiniteDuration() ? Time::max() : now + absl::ToChronoNanoseconds(interval);
  for (const TopologyConflict& conflict : declared_.conflicts) {
    spdlog::error("{}: conflict over {}: {}", options_.purpose, conflict.what, conflict.why);
  }
  if (declared_.unchecked.size() != unchecked_before && !declared_.unchecked.empty()) {
    spdlog::info(
        "{}: the broker's user may not declare {} exchanges, queues and bindings, which are taken as they are: {}",
        options_.purpose, declared_.unchecked.size(), absl::StrJoin(declared_.unchecked, ", "));
  }
  return status;
}

void BrokerSession::ProcessInput(Time now) {
  if (!connected()) return;
  input_time_ = now;
  const absl::Status status = connection_->ProcessInput(*this);
  if (!status.ok()) Lose(status, now);
}

void BrokerSession::Lose(const absl::Status& why, Time now) {
  // A connection that lived for long has nothing to do with the failures before it, unless it was of no use.
  const bool lived_long = connected() && now - connected_at_ > absl::ToChronoNanoseconds(broker_.reconnect_max);
  if (lived_long && !absl::IsDeadlineExceeded(why)) failures_ = 0;
  const absl::Duration delay = base::BackoffDelay(broker_.reconnect_min, broker_.reconnect_max, failures_++, random_);
  connect_at_ = now + absl::ToChronoNanoseconds(delay);
  spdlog::warn("{}: {}; next try in {}", options_.purpose, std::string(why.message()), absl::FormatDuration(delay));
  Disconnect(why);
}

void BrokerSession::Suspend(const std::string& why) {
  suspended_ = true;
  if (!connected()) return;
  connection_->Close();
  Disconnect(absl::UnavailableError(why));
}

void BrokerSession::Resume() {
  suspended_ = false;
  connect_at_ = Time::min();
}

void BrokerSession::Disconnect(const absl::Status& why) {
  connection_.reset();
  channel_open_ = false;
  blocked_ = false;
  consumer_ended_ = absl::OkStatus();
  declared_.unchecked.clear();  // the next login may have the permission
  down_reason_ = std::string(why.message());
  listener_.OnConnectionLost(why);
}

BrokerSession::Time BrokerSession::ConfirmDue(Time oldest_unconfirmed) const {
  if (blocked_ || oldest_unconfirmed == Time::max()) return Time::max();
  return std::max(oldest_unconfirmed, confirms_expected_since_) + absl::ToChronoNanoseconds(broker_.operation_timeout);
}

BrokerSession::Time BrokerSession::NextDue(Time now, Time oldest_unconfirmed) const {
  if (!connected()) return suspended_ ? Time::max() : std::max(now, connect_at_);
  if (!channel_open_ || !consumer_ended_.ok()) return now;
  // The library sends heartbeats only inside its calls.
  const Time heartbeat = now + absl::ToChronoNanoseconds(std::max(connection_->heartbeat(), absl::Seconds(1))) / 3;
  if (blocked_) return heartbeat;
  return std::max(now, std::min({heartbeat, declare_at_, ConfirmDue(oldest_unconfirmed)}));
}

std::string BrokerSession::Trouble() const {
  if (!connected()) return absl::StrCat("no connection, ", options_.down_effect, ": ", down_reason_);
  if (blocked_) return absl::StrCat("the broker blocks publishers, ", options_.blocked_effect, ": ", blocked_reason_);
  if (declared_.conflicts.empty()) return "";
  return absl::StrCat(conflicts(), " conflict(s) in the topology, first: ", declared_.conflicts.front().why);
}

void BrokerSession::OnAck(std::uint64_t tag, bool multiple) {
  failures_ = 0;
  listener_.OnAck(tag, multiple);
}

void BrokerSession::OnNack(std::uint64_t tag, bool multiple) {
  failures_ = 0;
  listener_.OnNack(tag, multiple);
}

void BrokerSession::OnReturned(std::string_view message_id, std::string_view reason) {
  listener_.OnReturned(message_id, reason);
}

void BrokerSession::OnChannelClosed(const absl::Status& why) {
  channel_open_ = false;
  listener_.OnChannelClosed(why);
}

void BrokerSession::OnBlocked(std::string_view reason) {
  blocked_ = true;
  blocked_reason_ = reason;
  spdlog::warn("{}: the broker blocks publishers: {}", options_.purpose, blocked_reason_);
  listener_.OnBlocked(reason);
}

void BrokerSession::OnUnblocked() {
  blocked_ = false;
  confirms_expected_since_ = input_time_;
  spdlog::info("{}: the broker accepts messages again", options_.purpose);
  listener_.OnUnblocked();
}

void BrokerSession::OnDelivery(Delivery&& delivery) {
  failures_ = 0;
  listener_.OnDelivery(std::move(delivery));
}

}  // namespace logistics::messaging
