#include "messaging/relay/relay.hpp"

#include <algorithm>
#include <utility>

#include "logistics/base/backoff.hpp"
#include "messaging/relay/limits.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {
namespace {

PublishWindow::Options WindowOptionsOf(const BrokerOptions& options) {
  return {options.window, options.unroutable, options.reconnect_min, options.reconnect_max};
}

}  // namespace

Relay::Relay(std::unique_ptr<ports::Outbox> outbox, BrokerOptions options, ports::Metrics& metrics,
             ports::HealthReporter& health)
    : options_(std::move(options)),
      outbox_(std::move(outbox)),
      health_(health),
      metrics_(metrics),
      watchdog_(options_.operation_timeout),
      window_(WindowOptionsOf(options_), std::random_device{}()),
      link_(options_, window_, quarantined_, metrics_, health, watchdog_, [this] { return stopping_.load(); }),
      random_(std::random_device{}()) {}

Relay::~Relay() { Stop(absl::Now()); }

void Relay::Start() {
  thread_ = std::jthread([this] { Run(); });
}

void Relay::Stop(absl::Time deadline) {
  std::call_once(stop_once_, [this, deadline] {
    const absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
    stop_at_ = Clock::now() + absl::ToChronoNanoseconds(left);
    stopping_ = true;
    watchdog_.Limit(stop_at_);
    wake_.Set();
    if (thread_.joinable()) thread_.join();
  });
}

void Relay::Run() {
  for (Time now = Clock::now(); !Finished(now); now = Clock::now()) {
    link_.ProcessInput(now);  // first: an answer that waits here is no delay of the broker
    link_.Maintain(now);
    KeepLease(now);
    if (leading_) {
      Persist(now);
      TryQuarantinedAgain(now);
      ReadOutbox(now);
      // What came before may have taken long: a frozen holder finds out here.
      now = Clock::now();
      if (LeaseHolds(now)) link_.Publish(now);
    }
    UpdateStats(now);
    if (!WorkAtHand(now)) Wait(now);
    if (wake_.Take()) woken_ = true;
  }
  if (leading_) GiveLeaseBack("stopping");
  link_.Close();
}

bool Relay::Finished(Time now) {
  if (!stopping_) return false;
  if (now >= stop_at_ || !leading_ || !link_.CanPublish() || now < database_at_) return true;
  return drained_ && window_.in_flight() == 0 && window_.ready() == 0 && window_.confirmed() == 0 && !deleting_ &&
         to_quarantine_.empty();
}

void Relay::KeepLease(Time now) {
  if (leading_ && now >= lease_until_) LoseLease("it could not be renewed in time");
  if (link_.connected()) broker_seen_ = now;
  if (now < lease_due_ || now < database_at_ || (stopping_ && !leading_)) return;
  // Without a broker the lease is better with a replica that has one.
  if (now - broker_seen_ > absl::ToChronoNanoseconds(options_.lease_ttl)) {
    lease_due_ = now + absl::ToChronoNanoseconds(std::min(options_.outbox_poll, options_.lease_ttl / 3));
    if (leading_) GiveLeaseBack("there is no broker");
    return;
  }
  const absl::StatusOr<bool> acquired = outbox_->AcquireLease(options_.lease_ttl);
  const Time answered = Clock::now();
  lease_due_ = answered + absl::ToChronoNanoseconds(acquired.ok() && *acquired
                                                        ? options_.lease_ttl / 3
                                                        : std::min(options_.outbox_poll, options_.lease_ttl / 3));
  if (!DatabaseAnswered(acquired.status(), answered)) return;
  if (!*acquired) {
    if (leading_) LoseLease("another replica holds it");
    return;
  }
  // Counted from before the call, less a margin for clocks that do not run alike: it ends here before it ends there.
  lease_until_ = now + absl::ToChronoNanoseconds(options_.lease_ttl * 0.9);
  if (!leading_) Gain(answered);
}

void Relay::Gain(Time now) {
  const absl::StatusOr<ports::OutboxPosition> start = outbox_->StartPosition();
  if (!DatabaseAnswered(start.status(), now)) {
    lease_due_ = now;
    return;
  }
  leading_ = true;
  position_ = *start;
  window_.Reset(position_);
  quarantined_.Reset();
  quarantine_pass_at_ = now;
  more_ = true;
  metrics_.leader.Set(1);
  spdlog::info("relay: this replica publishes, from {}/{} on", position_.number, position_.ordinal);
}

void Relay::LoseLease(std::string_view why) {
  spdlog::warn("relay: lost the lease: {}", why);
  Forget();
}

void Relay::GiveLeaseBack(std::string_view why) {
  spdlog::info("relay: gives the lease back: {}", why);
  const absl::Status released = outbox_->ReleaseLease();
  if (!released.ok()) spdlog::warn("relay: the lease was not given back: {}", std::string(released.message()));
  Forget();
}

void Relay::Forget() {
  leading_ = false;
  lease_until_ = Time::min();
  window_.Reset({});
  quarantined_.Reset();
  to_quarantine_.clear();
  deleting_.reset();
  delete_at_ = Time::max();
  metrics_.leader.Set(0);
}

bool Relay::DatabaseAnswered(const absl::Status& status, Time now) {
  if (status.ok()) {
    if (std::exchange(database_failures_, 0) > 0) health_.Report("relay", ports::HealthState::kUp, "");
    return true;
  }
  if (absl::IsFailedPrecondition(status)) {
    if (leading_) LoseLease(std::string(status.message()));
    lease_due_ = now + absl::ToChronoNanoseconds(std::min(options_.outbox_poll, options_.lease_ttl / 3));
    return false;
  }
  const absl::Duration delay =
      base::BackoffDelay(options_.reconnect_min, options_.reconnect_max, database_failures_++, random_);
  database_at_ = now + absl::ToChronoNanoseconds(delay);
  const std::string reason(status.message());
  // A Postgres that crashed (deletes are not waited for on its disk) or was replaced may hold again what was deleted
  // here, below the position read up to: it is read from its own start.
  if (leading_) Forget();
  lease_due_ = database_at_;
  spdlog::warn("relay: the outbox cannot be reached: {}; next try in {}", reason, absl::FormatDuration(delay));
  health_.Report("relay", ports::HealthState::kDegraded, reason);
  return false;
}

void Relay::UpdateStats(Time now) {
  if (now < stats_at_ || now < database_at_ || stopping_) return;
  stats_at_ = now + kOutboxStatsInterval;
  const absl::StatusOr<ports::OutboxStats> stats = outbox_->Stats();
  if (!DatabaseAnswered(stats.status(), Clock::now())) return;
  metrics_.outbox_rows.Set(static_cast<double>(stats->rows));
  metrics_.outbox_quarantined_rows.Set(static_cast<double>(stats->quarantined_rows));
  metrics_.outbox_oldest_seconds.Set(absl::ToDoubleSeconds(stats->oldest_age));
}

bool Relay::WorkAtHand(Time now) {
  if (stopping_ && Finished(now)) return true;
  if (link_.HasInput()) return true;
  if (!LeaseHolds(now)) return false;
  return (link_.CanPublish() && window_.Next(now) != nullptr) || PersistDue(now) || ReadDue(now) ||
         QuarantinePassDue(now);
}

Relay::Time Relay::NextDue(Time now) const {
  // Only what will then be done may be named here: a time that has passed without being acted upon would be a busy
  // loop.
  Time database_due = stopping_ ? lease_due_ : std::min(lease_due_, stats_at_);
  if (leading_) {
    database_due = std::min(database_due, deleting_ || !to_quarantine_.empty() ? now : delete_at_);
    if (RoomToRead() && quarantined_.keys_known()) {
      database_due = std::min(database_due, woken_ ? read_again_at_ : poll_at_);
      if (!quarantined_.empty() && window_.quarantined_size() == 0)
        database_due = std::min(database_due, quarantine_pass_at_);
    }
  }
  Time due = std::min(link_.NextDue(now), std::max(database_due, database_at_));
  if (stopping_) due = std::min(due, stop_at_);
  if (leading_) due = std::min(due, lease_until_);
  if (leading_ && link_.CanPublish()) due = std::min(due, window_.NextRetry());
  return due;
}

void Relay::Wait(Time now) {
  const auto left = std::chrono::nanoseconds(std::max(Clock::duration::zero(), NextDue(now) - now));
  wake_.WaitFor(left, link_.fd());
}

}  // namespace logistics::messaging
