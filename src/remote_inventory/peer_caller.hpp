#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "logistics/base/log_limiter.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/metrics.hpp"
#include "remote_inventory/circuit_breaker.hpp"
#include "remote_inventory/options.hpp"
#include "remote_inventory/retry_budget.hpp"

namespace logistics::remote_inventory {

enum class PeerMethod { kReserve, kRelease, kCommit, kAdjust, kLevels, kGetItem, kListItems };

// The outcome of a call. Either it was not sent, and `not_sent` says why, or `answer` is its end.
struct CallOutcome {
  absl::Status not_sent;
  grpc::Status answer;

  bool sent() const { return not_sent.ok(); }
  bool ok() const { return sent() && answer.ok(); }
};

// The common part of all calls to the peer: the breaker, the deadline (the caller's, within the call timeout), the ids
// that are passed on, counts and the log. Metrics: logistics_inventory_calls_total{method,code},
// logistics_inventory_call_seconds{method}, logistics_inventory_read_retries_total{result}. Thread-safe.
class PeerCaller {
 public:
  using Call = std::function<grpc::Status(grpc::ClientContext& context)>;

  // References outlive the caller.
  PeerCaller(const PeerOptions& options, std::shared_ptr<grpc::Channel> channel, const ports::Clock& clock,
             ports::Metrics& metrics);

  // Makes the call, once. Not sent: the breaker is open, the channel has no connection and knows it, the caller's time
  // is up, or CancelAll was called.
  CallOutcome Once(PeerMethod method, const ports::CallContext& context, const Call& call);

  // The same for a read: again while it is UNAVAILABLE, with jitter, within the budget and the caller's time.
  CallOutcome Read(PeerMethod method, const ports::CallContext& context, const Call& call);

  // Ends the calls in flight as CANCELLED and refuses all later ones.
  void CancelAll();

  CircuitBreaker& breaker() { return breaker_; }
  const CircuitBreaker& breaker() const { return breaker_; }
  // The last answer was UNIMPLEMENTED: the service at that address is no inventory service.
  bool wrong_peer() const { return wrong_peer_.load(); }

 private:
  static constexpr std::size_t kMethods = 7;
  static constexpr std::size_t kCodes = 17;
  struct Instruments {
    ports::Histogram* seconds = nullptr;
    std::array<std::atomic<ports::Counter*>, kCodes> by_code{};  // made when a code first comes
  };

  // Between Enter and Leave, CancelAll ends the call. False: CancelAll was called before.
  bool Enter(grpc::ClientContext& context);
  void Leave(grpc::ClientContext& context);
  void Count(PeerMethod method, grpc::StatusCode code, absl::Duration taken);
  void NoteAnswer(PeerMethod method, const ports::CallContext& context, const grpc::Status& status);

  const PeerOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  ports::Metrics& metrics_;
  CircuitBreaker breaker_;
  RetryBudget budget_;
  ports::Counter& retried_;
  ports::Counter& over_budget_;
  std::array<Instruments, kMethods> instruments_;
  base::LogLimiter failure_log_{std::chrono::seconds(1)};
  std::atomic<bool> wrong_peer_{false};

  std::mutex mutex_;
  bool cancelled_ = false;                             // guarded by mutex_
  absl::flat_hash_set<grpc::ClientContext*> running_;  // guarded by mutex_
};

}  // namespace logistics::remote_inventory
