// The frame of every stream: its correlation id, its counts and its one line in the log.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "rpc/call/call_scope.hpp"

namespace logistics::rpc {

// One streaming rpc and its instruments: logistics_rpc_streams{method} that are open, logistics_rpc_total{method,code}
// that have ended. The time that a stream is open is no latency, and stays out of logistics_rpc_seconds. Thread-safe.
class StreamMethod {
 public:
  // `name` as gRPC writes it. `metrics` outlives this.
  StreamMethod(std::string name, ports::Metrics& metrics);

  const std::string& name() const { return name_; }
  void CountBegin();
  void CountEnd(grpc::StatusCode code);

 private:
  const std::string name_;
  ports::Metrics& metrics_;
  ports::Gauge& open_gauge_;
  std::mutex mutex_;
  int open_ = 0;  // guarded by mutex_, and so is what the gauge shows
};

// One stream from its first line to its end. Streams do not count as calls of Admission: they hold no thread. Not
// thread-safe; `runtime` and `method` outlive it.
class StreamScope {
 public:
  StreamScope(CallRuntime& runtime, StreamMethod& method, grpc::ServerContext& context);

  // Fills the stream's request from its bytes (ReadRequest). UNAVAILABLE with a retry hint where the server does not
  // serve yet.
  absl::Status Read(grpc::ByteBuffer& bytes, google::protobuf::Message& request) const;

  // Counts, logs and translates the end. Once.
  grpc::Status Finish(const absl::Status& status);

  // gRPC is done with the stream: its caller has the status, or is gone. Once, after Finish.
  void Leave() { runtime_.open_streams().Leave(); }

 private:
  CallRuntime& runtime_;
  StreamMethod& method_;
  const std::chrono::steady_clock::time_point start_;
  const std::string correlation_id_;
};

}  // namespace logistics::rpc
