#include "rpc/call/admission.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"

namespace logistics::rpc {
namespace {

// About as long as a full house takes to be served.
constexpr absl::Duration kRetryWhenFull = absl::Milliseconds(250);
// About as long as a client needs to find another replica, or this one started again.
constexpr absl::Duration kRetryWhenDraining = absl::Seconds(1);

}  // namespace

Admission::Admission(int calls_max, ports::Metrics& metrics)
    : calls_max_(calls_max), in_flight_gauge_(metrics.GetGauge("logistics_rpc_in_flight", "Unary calls that run now")) {
  in_flight_gauge_.Set(0);
}

absl::Status Admission::TryEnter() {
  // Counted first, so that StartDraining followed by an empty house means that nobody is between the two lines.
  const int before = in_flight_.fetch_add(1);
  if (draining_.load()) {
    Leave();
    return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the server is shutting down", kRetryWhenDraining);
  }
  if (before >= calls_max_) {
    Leave();
    return domain::RetryLaterError(absl::StatusCode::kResourceExhausted,
                                   absl::StrCat("too many calls at once, at most ", calls_max_), kRetryWhenFull);
  }
  Show();
  return absl::OkStatus();
}

void Admission::Leave() {
  const bool last = in_flight_.fetch_sub(1) == 1;
  Show();
  if (last && draining_.load()) {
    const std::lock_guard lock(mutex_);
    empty_.notify_all();
  }
}

void Admission::Show() {
  // Whoever sets the gauge last has seen the count after setting it, so a late setter never leaves an old value behind.
  int shown = in_flight_.load();
  while (true) {
    in_flight_gauge_.Set(shown);
    const int now = in_flight_.load();
    if (now == shown) return;
    shown = now;
  }
}

void Admission::StartDraining() { draining_.store(true); }

bool Admission::WaitUntilEmpty(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  return empty_.wait_until(lock, absl::ToChronoTime(deadline), [this] { return in_flight_.load() == 0; });
}

}  // namespace logistics::rpc
