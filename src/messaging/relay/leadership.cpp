#include "messaging/relay/leadership.hpp"

#include <algorithm>
#include <string>

#include "logistics/base/backoff.hpp"
#include "spdlog/spdlog.h"

namespace logistics::messaging {

Leadership::Leadership(std::unique_ptr<ports::Outbox> outbox, const BrokerOptions& options, ports::Gauge& leader,
                       ports::HealthReporter& health, std::function<Time()> clock)
    : outbox_(std::move(outbox)),
      options_(options),
      acquire_again_(std::min(options.outbox_poll, options.lease_ttl / 3)),
      leader_(leader),
      health_(health),
      clock_(std::move(clock)),
      random_(std::random_device{}()),
      broker_seen_(clock_()) {}

void Leadership::Maintain(bool broker_connected) {
  const Time now = clock_();
  if (leading_ && now >= lease_until_) Lose("it ran out before it was renewed");
  if (broker_connected) broker_seen_ = now;
  if (now < lease_due_ || now < database_at_) return;
  if (now - broker_seen_ <= absl::ToChronoNanoseconds(options_.lease_ttl)) return AcquireOrRenew(now);
  lease_due_ = now + absl::ToChronoNanoseconds(acquire_again_);
  if (leading_) Release("there is no broker");
}

void Leadership::AcquireOrRenew(Time asked) {
  const absl::StatusOr<bool> acquired = outbox_->AcquireLease(options_.lease_ttl);
  const Time answered = clock_();
  if (!DatabaseAnswered(acquired.status())) return;
  // Another replica may have led in between: this acquisition begins a new term.
  if (leading_ && answered >= lease_until_) Lose("its renewal came too late");
  if (!*acquired) {
    if (leading_) Lose("another replica has it");
    lease_due_ = answered + absl::ToChronoNanoseconds(acquire_again_);
    return;
  }
  // Counted from before the call, less a margin for clocks that run differently.
  lease_until_ = asked + absl::ToChronoNanoseconds(options_.lease_ttl * 0.9);
  lease_due_ = std::min(lease_until_, answered + absl::ToChronoNanoseconds(options_.lease_ttl / 3));
  if (leading_) return;
  leading_ = true;
  ++term_;
  leader_.Set(1);
}

bool Leadership::Accept(Term asked_in, const absl::Status& answer) {
  if (!DatabaseAnswered(answer)) return false;
  if (leading_ && clock_() >= lease_until_) Lose("it ran out during a call of the database");
  return asked_in == term();
}

void Leadership::Lose(std::string_view why) {
  spdlog::warn("relay: lost the lease: {}", why);
  EndTerm();
}

void Leadership::Release(std::string_view why) {
  spdlog::info("relay: releases the lease: {}", why);
  const absl::Status released = outbox_->ReleaseLease();
  if (!released.ok()) spdlog::warn("relay: the lease was not released: {}", std::string(released.message()));
  EndTerm();
}

void Leadership::EndTerm() {
  leading_ = false;
  leader_.Set(0);
}

bool Leadership::DatabaseAnswered(const absl::Status& answer) {
  if (answer.ok()) {
    if (std::exchange(database_failures_, 0) > 0) health_.Report("relay", ports::HealthState::kUp, "");
    return true;
  }
  const Time now = clock_();
  const std::string reason(answer.message());
  if (absl::IsFailedPrecondition(answer)) {
    if (leading_) Lose(reason);
    lease_due_ = now + absl::ToChronoNanoseconds(acquire_again_);
    return false;
  }
  const absl::Duration delay =
      base::BackoffDelay(options_.reconnect_min, options_.reconnect_max, database_failures_++, random_);
  database_at_ = now + absl::ToChronoNanoseconds(delay);
  lease_due_ = database_at_;
  EndTerm();
  spdlog::warn("relay: the outbox is unavailable: {}; next try in {}", reason, absl::FormatDuration(delay));
  health_.Report("relay", ports::HealthState::kDegraded, reason);
  return false;
}

Leadership::Time Leadership::NextDue() const {
  const Time due = std::max(lease_due_, database_at_);
  return leading_ ? std::min(due, lease_until_) : due;
}

}  // namespace logistics::messaging
