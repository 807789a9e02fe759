#include "messaging/relay/relay.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "messaging/relay/limits.hpp"
#include "messaging/relay/ordering.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {
namespace {

PublishWindow::Options WindowOptionsOf(const BrokerOptions& options) { return {options.window, options.unroutable}; }

}  // namespace

Relay::Relay(std::unique_ptr<ports::Outbox> outbox, ports::RoutedKeys& routed_keys, BrokerOptions options,
             ports::Metrics& metrics, ports::HealthReporter& health)
    : options_(std::move(options)),
      metrics_(metrics),
      watchdog_(options_.operation_timeout),
      routes_(routed_keys, options_.unroutable_grace),
      window_(WindowOptionsOf(options_), routes_),
      link_(options_, window_, quarantined_, metrics_, health, watchdog_, [this] { return stopping(); }),
      leadership_(std::move(outbox), options_, metrics_.leader, health),
      reader_(leadership_, quarantined_, {options_.read_page, options_.outbox_poll, options_.redeclare_interval}),
      writer_(leadership_, window_, quarantined_) {}

Relay::~Relay() { Stop(absl::Now()); }

void Relay::Start() {
  thread_ = std::jthread([this] { Run(); });
}

void Relay::Stop(absl::Time deadline) {
  std::call_once(stop_once_, [this, deadline] {
    const absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
    const Time stop_at = Clock::now() + absl::ToChronoNanoseconds(left);
    stop_at_ = stop_at;
    watchdog_.Limit(stop_at);
    wake_.Set();
    if (thread_.joinable()) thread_.join();
  });
}

void Relay::Run() {
  for (Time now = Clock::now(); !Finished(now); now = Clock::now()) {
    link_.ProcessInput(now);  // first: an answer that waits here is no delay of the broker
    link_.Maintain(now);
    AskOutbox(now);
    // The lease may have run out during a call of the database.
    if (const Time after_calls = Clock::now(); leadership_.Leads(after_calls)) link_.Publish(after_calls);
    if (!WorkAtHand(now)) Wait(now);
    if (wake_.Take()) reader_.Wake();
  }
  if (leadership_.term() != 0) leadership_.Release("stopping");
  link_.Close();
}

void Relay::AskOutbox(Time now) {
  const HeartbeatKeeper::Scope alive = link_.KeepAlive();
  leadership_.Maintain(link_.connected());
  FollowTerm(now);
  writer_.Write(now, link_.last_refusal());
  if (term_ != 0) routes_.Maintain(now);
  RetryQuarantined(now);
  ReadOutbox(now);
}

bool Relay::Finished(Time now) const {
  if (!stopping()) return false;
  if (now >= stop_at_.load() || leadership_.term() == 0 || !link_.CanPublish()) return true;
  return reader_.drained() && window_.in_flight() == 0 && window_.ready() == 0 && writer_.idle();
}

void Relay::FollowTerm(Time now) {
  if (term_ == leadership_.term()) return;
  ResetLeaderState();
  term_ = leadership_.term();
  if (term_ != 0) OnLeaseAcquired(now);
}

void Relay::OnLeaseAcquired(Time now) {
  const std::optional<ports::OutboxPosition> start = reader_.Start(now);
  if (!start) return;
  window_.Reset(*start);
  spdlog::info("relay: this replica publishes, from {}/{} on", start->number, start->ordinal);
}

void Relay::ResetLeaderState() {
  window_.Reset({});
  routes_.Reset();
  quarantined_.Reset();
  to_retry_.clear();
  writer_.Reset();
}

void Relay::RetryQuarantined(Time now) {
  if (!RoomToRead()) return;
  if (QuarantineDue(now)) {
    for (ports::OutboxMessage& message : reader_.ReadQuarantined(now)) to_retry_.push_back(std::move(message));
  }
  if (window_.quarantined_size() == 0) quarantined_.BeginWave();
  while (!to_retry_.empty()) {
    const Retry retry = quarantined_.MayTry(to_retry_.front(), now);
    if (retry == Retry::kWait) return;
    if (retry == Retry::kTry) window_.AddQuarantined(std::move(to_retry_.front()));
    to_retry_.pop_front();
  }
}

void Relay::ReadOutbox(Time now) {
  if (stopping()) reader_.Drain();
  if (!RoomToRead() || !reader_.CommitsDue(now)) return;
  for (ports::OutboxMessage& message : reader_.ReadCommits(now)) {
    if (quarantined_.Diverts(message)) {
      writer_.Quarantine(std::move(message));
    } else {
      window_.Add(std::move(message));
    }
  }
  window_.Skip(reader_.answered());
}

bool Relay::RoomToRead() const {
  return link_.CanPublish() && window_.ready() < static_cast<std::size_t>(options_.read_page) &&
         window_.size() < kBacklogMessagesMax;
}

bool Relay::WorkAtHand(Time now) {
  if (Finished(now) || link_.HasInput()) return true;
  if (!leadership_.Leads(now)) return false;
  if (writer_.Due(now) || (link_.CanPublish() && window_.Next() != nullptr)) return true;
  return RoomToRead() && (reader_.CommitsDue(now) || QuarantineDue(now));
}

Relay::Time Relay::NextDue(Time now) const {
  // A time that has passed without being acted upon would be a busy loop: each is named only while it will be.
  Time database_due = leadership_.NextDue();
  if (leadership_.term() != 0) {
    database_due = std::min({database_due, writer_.NextDue(now), routes_.NextDue()});
    if (RoomToRead()) database_due = std::min(database_due, reader_.NextDue(PassResolved()));
  }
  const Time due = std::min(link_.NextDue(now), std::max(database_due, leadership_.database_at()));
  return std::min(due, stop_at_.load());
}

void Relay::Wait(Time now) {
  const std::chrono::nanoseconds left = std::max(now, NextDue(now)) - now;
  wake_.WaitFor(left, link_.fd());
}

}  // namespace logistics::messaging
