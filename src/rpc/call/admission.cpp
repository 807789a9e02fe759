#include "rpc/call/admission.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"

namespace logistics::rpc {
namespace {

// About as long as calls_max calls take.
constexpr absl::Duration kRetryWhenFull = absl::Milliseconds(250);
// Between two looks of a client whether the database is there.
constexpr absl::Duration kRetryWhenStarting = absl::Seconds(1);
// About as long as a client needs to find another replica, or this one started again.
constexpr absl::Duration kRetryWhenDraining = absl::Seconds(1);

}  // namespace

Admission::Admission(int calls_max, ports::Metrics& metrics)
    : calls_max_(calls_max), in_flight_gauge_(metrics.GetGauge("logistics_rpc_in_flight", "Unary calls that run now")) {
  in_flight_gauge_.Set(0);
}

absl::Status Admission::CheckStarted() const {
  if (started_.load()) return absl::OkStatus();
  return domain::RetryLaterError(absl::StatusCode::kUnavailable, "the server is starting", kRetryWhenStarting);
}

absl::Status Admission::TryEnter() {
  if (absl::Status started = CheckStarted(); !started.ok()) return started;
  // The count comes first: a count of 0 after StartDraining means that no call is between these two lines.
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
  SetGauge();
  return absl::OkStatus();
}

void Admission::Leave() {
  const bool last = in_flight_.fetch_sub(1) == 1;
  SetGauge();
  if (last && draining_.load()) {
    const std::lock_guard lock(mutex_);
    empty_.notify_all();
  }
}

void Admission::SetGauge() {
  // The last thread that sets the gauge reads the count after that, so an old value never stays.
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
