#include "remote_inventory/circuit_breaker.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "logistics/domain/errors.hpp"

namespace logistics::remote_inventory {
namespace {

constexpr char kTransitions[] = "logistics_inventory_breaker_transitions_total";
constexpr char kTransitionsHelp[] = "Changes of the breaker before the inventory service, by its new state";
constexpr char kRefusal[] = "the inventory service does not answer; try again later";
constexpr absl::Duration kRetryAfterMin = absl::Milliseconds(100);

}  // namespace

CircuitBreaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), epoch_(other.epoch_) {}

CircuitBreaker::Permit::~Permit() { Report(Verdict::kNothing); }

void CircuitBreaker::Permit::Report(Verdict verdict, std::string_view why) {
  if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->Report(epoch_, verdict, why);
}

CircuitBreaker::CircuitBreaker(const BreakerOptions& options, const ports::Clock& clock, ports::Metrics& metrics)
    : options_(options),
      clock_(clock),
      state_gauge_(metrics.GetGauge("logistics_inventory_breaker_state",
                                    "Breaker before the inventory service: 0 closed, 1 half-open, 2 open")),
      to_closed_(metrics.GetCounter(kTransitions, kTransitionsHelp, {{"to", "closed"}})),
      to_half_open_(metrics.GetCounter(kTransitions, kTransitionsHelp, {{"to", "half_open"}})),
      to_open_(metrics.GetCounter(kTransitions, kTransitionsHelp, {{"to", "open"}})),
      refused_(metrics.GetCounter("logistics_inventory_breaker_refused_total",
                                  "Calls to the inventory service that the breaker turned away")) {
  state_gauge_.Set(0);
}

absl::StatusOr<CircuitBreaker::Permit> CircuitBreaker::TryEnter() {
  const std::scoped_lock lock(mutex_);
  if (state_ == BreakerState::kOpen && WaitIsOver()) MoveTo(BreakerState::kHalfOpen);
  const absl::Duration retry_after = ClosedToCallsForLocked();
  if (retry_after == absl::ZeroDuration()) {
    if (state_ == BreakerState::kHalfOpen) ++probes_;
    return Permit(this, epoch_);
  }
  refused_.Increment();
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, kRefusal, retry_after);
}

absl::Duration CircuitBreaker::ClosedToCallsFor() const {
  const std::scoped_lock lock(mutex_);
  return ClosedToCallsForLocked();
}

absl::Duration CircuitBreaker::ClosedToCallsForLocked() const {
  switch (state_) {
    case BreakerState::kClosed:
      break;
    case BreakerState::kHalfOpen:
      return probes_ < options_.probes ? absl::ZeroDuration() : kRetryAfter;
    case BreakerState::kOpen:
      if (!WaitIsOver()) return std::max(opened_at_ + options_.open_for - clock_.Now(), kRetryAfterMin);
      break;
  }
  return absl::ZeroDuration();
}

BreakerState CircuitBreaker::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

bool CircuitBreaker::WantsProbe() const {
  const std::scoped_lock lock(mutex_);
  return (state_ == BreakerState::kOpen && WaitIsOver()) ||
         (state_ == BreakerState::kHalfOpen && probes_ < options_.probes);
}

void CircuitBreaker::Report(std::uint64_t epoch, Verdict verdict, std::string_view why) {
  const std::scoped_lock lock(mutex_);
  if (epoch != epoch_) return;
  if (state_ == BreakerState::kHalfOpen) {
    --probes_;
    if (verdict == Verdict::kFailed) {
      spdlog::warn("inventory breaker opens again for {}: {}", absl::FormatDuration(options_.open_for), why);
      MoveTo(BreakerState::kOpen);
    } else if (verdict == Verdict::kAnswered && ++successes_ >= options_.probes) {
      spdlog::info("inventory breaker closes: the inventory service answers again");
      MoveTo(BreakerState::kClosed);
    }
    return;
  }
  if (verdict == Verdict::kAnswered) failures_ = 0;
  if (verdict == Verdict::kFailed && ++failures_ >= options_.failures) {
    spdlog::warn("inventory breaker opens for {} after {} failures in a row, the last: {}",
                 absl::FormatDuration(options_.open_for), failures_, why);
    MoveTo(BreakerState::kOpen);
  }
}

bool CircuitBreaker::WaitIsOver() const {
  const absl::Time now = clock_.Now();
  return now < opened_at_ || now >= opened_at_ + options_.open_for;
}

void CircuitBreaker::MoveTo(BreakerState state) {
  state_ = state;
  ++epoch_;
  failures_ = 0;
  probes_ = 0;
  successes_ = 0;
  switch (state) {
    case BreakerState::kClosed:
      state_gauge_.Set(0);
      to_closed_.Increment();
      break;
    case BreakerState::kHalfOpen:
      state_gauge_.Set(1);
      to_half_open_.Increment();
      break;
    case BreakerState::kOpen:
      opened_at_ = clock_.Now();
      state_gauge_.Set(2);
      to_open_.Increment();
      break;
  }
}

}  // namespace logistics::remote_inventory
