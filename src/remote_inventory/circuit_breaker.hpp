#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/metrics.hpp"
#include "remote_inventory/options.hpp"

namespace logistics::remote_inventory {

enum class BreakerState { kClosed, kHalfOpen, kOpen };

// The meaning of a call for the peer's health.
enum class Verdict {
  kAnswered,  // the peer answers, with any status
  kFailed,    // the peer cannot be reached, or took longer than it may
  kNothing,   // the call was cut off by its caller before anything could be known
};

// Refuses calls to a peer that does not answer (Nygard, Release It!, ch. 5). Closed: calls pass; so many
// failures in a row open it. Open: no call passes for a while; a refusal costs microseconds. Half-open: a
// bounded number of calls at a time try the peer; a failure opens it again, as many successes in a row close it. A
// report of a call that began before the last change of state is ignored.
//
// Its time is the injected clock's; a clock that is set back ends the wait early rather than late. Thread-safe.
class CircuitBreaker {
 public:
  // Permission for one call. Reported once; a permit that is destroyed unreported counts as kNothing, so that a
  // forgotten probe gives its place back. The breaker outlives it.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

    // `why` is for the log: what failed.
    void Report(Verdict verdict, std::string_view why = "");

   private:
    friend class CircuitBreaker;
    Permit(CircuitBreaker* breaker, std::uint64_t epoch) : breaker_(breaker), epoch_(epoch) {}
    CircuitBreaker* breaker_;  // null once reported
    std::uint64_t epoch_;
  };

  // References outlive the breaker. Metrics: logistics_inventory_breaker_state (0 closed, 1 half-open, 2 open),
  // logistics_inventory_breaker_transitions_total{to}, logistics_inventory_breaker_refused_total.
  CircuitBreaker(const BreakerOptions& options, const ports::Clock& clock, ports::Metrics& metrics);

  // UNAVAILABLE with the time until the next try makes sense when the call must not be made.
  absl::StatusOr<Permit> TryEnter();

  // How long TryEnter refuses calls; zero: the next one is admitted.
  absl::Duration ClosedToCallsFor() const;

  BreakerState state() const;
  // Not closed, and a call would be let through to try the peer.
  bool WantsProbe() const;

 private:
  void Report(std::uint64_t epoch, Verdict verdict, std::string_view why);
  absl::Duration ClosedToCallsForLocked() const;
  bool WaitIsOver() const;
  void MoveTo(BreakerState state);

  const BreakerOptions options_;
  const ports::Clock& clock_;
  ports::Gauge& state_gauge_;
  ports::Counter& to_closed_;
  ports::Counter& to_half_open_;
  ports::Counter& to_open_;
  ports::Counter& refused_;

  mutable std::mutex mutex_;  // guards what follows
  BreakerState state_ = BreakerState::kClosed;
  std::uint64_t epoch_ = 0;  // counts changes of state
  int failures_ = 0;         // in a row, while closed
  int probes_ = 0;           // in flight, while half-open
  int successes_ = 0;        // in a row, while half-open
  absl::Time opened_at_;
};

}  // namespace logistics::remote_inventory
