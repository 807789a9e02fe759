// The frame of every call: ids, deadline, admission, counts and its one line in the log.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/log.hpp"
#include "logistics/ports/metrics.hpp"
#include "logistics/service/calls/worker_pool.hpp"
#include "rpc/call/admission.hpp"
#include "rpc/call/call_loop.hpp"
#include "rpc/call/open_streams.hpp"
#include "rpc/call/options.hpp"

namespace logistics::rpc {

// One rpc and its instruments, looked up once: logistics_rpc_total{method,code}, logistics_rpc_seconds{method}.
// Thread-safe.
class Method {
 public:
  // `name` as gRPC writes it: "order.OrderService/CreateOrder". `metrics` outlives this.
  Method(std::string name, ports::Metrics& metrics);

  const std::string& name() const { return name_; }
  void Count(grpc::StatusCode code, double seconds);

 private:
  static constexpr std::size_t kCodes = 17;
  ports::Counter& MakeCounter(grpc::StatusCode code);

  const std::string name_;
  ports::Metrics& metrics_;
  ports::Histogram& seconds_;
  std::array<std::atomic<ports::Counter*>, kCodes> by_code_{};  // made when a code is first answered
};

// Shared by all services of a server. Thread-safe.
class CallRuntime {
 public:
  // All references outlive this.
  CallRuntime(const ServerOptions& options, service::CallQueue& tasks, ports::IdGenerator& ids, ports::Metrics& metrics,
              ports::Log& log);

  const ServerOptions& options() const { return options_; }
  ports::IdGenerator& ids() { return ids_; }
  ports::Metrics& metrics() { return metrics_; }
  Admission& admission() { return admission_; }
  OpenStreams& open_streams() { return open_streams_; }
  CallLoop& loop() { return loop_; }
  // Runs a part of a call that blocks or takes long, on a thread of the pool. RESOURCE_EXHAUSTED with a retry hint
  // where as many are there as may be.
  absl::Status RunOnPool(service::WorkerPool::Work work);
  // Runs what the pool took to its end.
  void StopPool() { pool_.Stop(); }

  // A call or a stream that has ended with `status`, which its caller sees as `code`.
  struct Outcome {
    const absl::Status& status;
    grpc::StatusCode code;
    std::string_view method;
    std::chrono::duration<double> taken;
    std::string_view correlation_id;
    std::string_view order_id;
  };
  // Its one line in the log: an error when the caller does not get the text.
  void Log(const Outcome& outcome);

 private:
  const ServerOptions options_;
  ports::IdGenerator& ids_;
  ports::Metrics& metrics_;
  ports::Log& log_;
  Admission admission_;
  OpenStreams open_streams_;
  CallLoop loop_;
  service::WorkerPool pool_;
};

// One call from its first line to its answer. By one thread at a time.
class CallScope {
 public:
  CallScope(CallRuntime& runtime, Method& method, grpc::ServerContext& context);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // OK, or the refusal: overload, drain, a deadline that has passed.
  const absl::Status& admitted() const { return admitted_; }

  // The correlation id is the caller's (x-correlation-id, 1 to 128 printable ASCII characters) or a new one, and goes
  // back in the trailing metadata; traceparent is the caller's when it is well-formed; the deadline is the caller's
  // within the options' bounds.
  const ports::CallContext& context() const { return context_; }

  // A value of the call's metadata; nullopt where it has none. Of the call's own memory.
  std::optional<std::string_view> metadata(const char* key) const;

  // The order of the call, for its log line.
  void set_order_id(std::string_view order_id);

  // From now on the context's `cancelled` asks this.
  void AskCaller(std::function<bool()> cancelled) { context_.cancelled = std::move(cancelled); }

  // Counts, logs and translates the outcome; the call's place is free. Once, at the end.
  grpc::Status Finish(const absl::Status& status);

 private:
  void Leave();

  CallRuntime& runtime_;
  Method& method_;
  const grpc::ServerContext& server_context_;
  const std::chrono::steady_clock::time_point start_;
  ports::CallContext context_;
  absl::Status admitted_;
  bool entered_ = false;
  std::string order_id_;
};

// The caller's x-correlation-id where it is valid (see CallScope::context), else a new one. The id goes back in the
// trailing metadata.
std::string TakeCorrelationId(grpc::ServerContextBase& context, ports::IdGenerator& ids);

// W3C Trace Context, level 1: "version-traceid-parentid-flags", 55 characters, no zero ids, no version ff.
bool IsWellFormedTraceparent(std::string_view text);

}  // namespace logistics::rpc
