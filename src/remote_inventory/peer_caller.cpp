#include "remote_inventory/peer_caller.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "logistics/base/code_name.hpp"
#include "remote_inventory/errors.hpp"

namespace logistics::remote_inventory {
namespace {

constexpr char kRetries[] = "logistics_inventory_read_retries_total";
constexpr char kRetriesHelp[] = "Reads of the inventory service that failed and might have been tried again";

constexpr const char* kMethodNames[] = {"CheckAndReserveStock",
                                        "ReleaseReservedStock",
                                        "CommitReservation",
                                        "AdjustInventory",
                                        "GetInventoryLevels",
                                        "GetItem",
                                        "ListItems"};

// gRPC aborts the process on a header value that HTTP does not allow.
bool IsHeaderValue(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

void PassOn(const ports::CallContext& from, grpc::ClientContext& to) {
  if (IsHeaderValue(from.correlation_id)) to.AddMetadata(ports::kCorrelationIdKey, from.correlation_id);
  if (IsHeaderValue(from.traceparent)) to.AddMetadata(ports::kTraceparentKey, from.traceparent);
}

}  // namespace

PeerCaller::PeerCaller(const PeerOptions& options, std::shared_ptr<grpc::Channel> channel, const ports::Clock& clock,
                       ports::Metrics& metrics)
    : options_(options),
      channel_(std::move(channel)),
      metrics_(metrics),
      breaker_(options.breaker, clock, metrics),
      budget_(options.reads),
      retried_(metrics.GetCounter(kRetries, kRetriesHelp, {{"result", "retried"}})),
      over_budget_(metrics.GetCounter(kRetries, kRetriesHelp, {{"result", "over_budget"}})) {
  for (std::size_t i = 0; i < kMethods; ++i) {
    instruments_[i].seconds =
        &metrics.GetHistogram("logistics_inventory_call_seconds", "How long the inventory service took to answer",
                              ports::LatencyBounds(), {{"method", kMethodNames[i]}});
  }
}

CallOutcome PeerCaller::Once(PeerMethod method, const ports::CallContext& context, const Call& call) {
  CallOutcome outcome;
  if (context.deadline <= absl::Now()) {
    outcome.not_sent = TryAgain("the time for the inventory service's answer is up", kRetryAfter);
    return outcome;
  }
  absl::StatusOr<CircuitBreaker::Permit> permit = breaker_.TryEnter();
  outcome.not_sent = permit.status();
  if (!outcome.sent()) return outcome;
  // A channel that knows of no connection would answer UNAVAILABLE, which could not be told from a lost call.
  if (channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
    permit->Report(Verdict::kFailed, "no connection");
    outcome.not_sent = TryAgain("the inventory service cannot be reached", kRetryAfter);
    return outcome;
  }

  grpc::ClientContext client;
  client.set_deadline(absl::ToChronoTime(std::min(context.deadline, absl::Now() + options_.call_timeout)));
  PassOn(context, client);
  if (!Enter(client)) {
    outcome.not_sent = TryAgain("the daemon is stopping", kRetryAfter);
    return outcome;
  }
  const auto start = std::chrono::steady_clock::now();
  outcome.answer = call(client);
  Leave(client);
  const absl::Duration taken = absl::FromChrono(std::chrono::steady_clock::now() - start);
  permit->Report(VerdictOf(outcome.answer, taken, options_.call_timeout), Described(outcome.answer));
  Count(method, outcome.answer.error_code(), taken);
  NoteAnswer(method, context, outcome.answer);
  return outcome;
}

CallOutcome PeerCaller::Read(PeerMethod method, const ports::CallContext& context, const Call& call) {
  budget_.NoteRead();
  for (int retry = 0;; ++retry) {
    CallOutcome outcome = Once(method, context, call);
    if (!outcome.sent() || outcome.answer.error_code() != grpc::StatusCode::UNAVAILABLE) return outcome;
    if (retry + 1 >= options_.reads.attempts_max) return outcome;
    const absl::Duration delay = budget_.Delay(retry);
    if (absl::Now() + delay >= context.deadline) return outcome;
    if (!budget_.TryTake()) {
      over_budget_.Increment();
      return outcome;
    }
    retried_.Increment();
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(delay));
  }
}

void PeerCaller::CancelAll() {
  const std::scoped_lock lock(mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* const context : running_) context->TryCancel();
}

bool PeerCaller::Enter(grpc::ClientContext& context) {
  const std::scoped_lock lock(mutex_);
  if (!cancelled_) running_.insert(&context);
  return !cancelled_;
}

void PeerCaller::Leave(grpc::ClientContext& context) {
  const std::scoped_lock lock(mutex_);
  running_.erase(&context);
}

void PeerCaller::Count(PeerMethod method, grpc::StatusCode code, absl::Duration taken) {
  Instruments& instruments = instruments_[static_cast<std::size_t>(method)];
  instruments.seconds->Observe(absl::ToDoubleSeconds(taken));
  const std::size_t index = std::min(static_cast<std::size_t>(code), kCodes - 1);
  ports::Counter* counter = instruments.by_code[index].load();
  if (counter == nullptr) {
    counter = &metrics_.GetCounter(
        "logistics_inventory_calls_total", "Calls to the inventory service, by status code",
        {{"method", kMethodNames[static_cast<std::size_t>(method)]}, {"code", base::CodeName(code)}});
    instruments.by_code[index].store(counter);
  }
  counter->Increment();
}

void PeerCaller::NoteAnswer(PeerMethod method, const ports::CallContext& context, const grpc::Status& status) {
  const grpc::StatusCode code = status.error_code();
  if (code == grpc::StatusCode::UNIMPLEMENTED) {
    wrong_peer_.store(true);
  } else if (IsAnswer(code)) {
    wrong_peer_.store(false);
  }
  // Unknown ids and settled reservations are answers, not failures.
  if (IsAnswer(code) && code != grpc::StatusCode::INVALID_ARGUMENT) return;
  if (IsNothingPending(status)) return;
  const std::optional<std::int64_t> suppressed = failure_log_.Pass(std::chrono::steady_clock::now());
  if (!suppressed) return;
  spdlog::warn("inventory: {} ended with {}, correlation id {}; {} more since the last such line",
               kMethodNames[static_cast<std::size_t>(method)], Described(status), context.correlation_id, *suppressed);
}

}  // namespace logistics::remote_inventory
