#include "rpc/streams/stream_scope.hpp"

#include <utility>

#include "logistics/base/code_name.hpp"
#include "rpc/call/request_bytes.hpp"
#include "rpc/call/status_mapping.hpp"

namespace logistics::rpc {

StreamMethod::StreamMethod(std::string name, ports::Metrics& metrics)
    : name_(std::move(name)),
      metrics_(metrics),
      open_gauge_(metrics.GetGauge("logistics_rpc_streams", "Streams that are open", {{"method", name_}})) {
  open_gauge_.Set(0);
}

void StreamMethod::CountBegin() {
  const std::lock_guard lock(mutex_);
  open_gauge_.Set(++open_);
}

void StreamMethod::CountEnd(grpc::StatusCode code) {
  metrics_
      .GetCounter("logistics_rpc_total", "Calls answered, by status code",
                  {{"method", name_}, {"code", base::CodeName(code)}})
      .Increment();
  const std::lock_guard lock(mutex_);
  open_gauge_.Set(--open_);
}

StreamScope::StreamScope(CallRuntime& runtime, StreamMethod& method, grpc::ServerContext& context)
    : runtime_(runtime),
      method_(method),
      start_(std::chrono::steady_clock::now()),
      correlation_id_(TakeCorrelationId(context, runtime.ids())) {
  method_.CountBegin();
  runtime_.open_streams().Enter();
}

absl::Status StreamScope::Read(grpc::ByteBuffer& bytes, google::protobuf::Message& request) const {
  if (absl::Status started = runtime_.admission().CheckStarted(); !started.ok()) return started;
  return ReadRequest(bytes, runtime_.options().message_bytes_max, request);
}

grpc::Status StreamScope::Finish(const absl::Status& status) {
  grpc::Status answer = ToGrpcStatus(status, correlation_id_);
  method_.CountEnd(answer.error_code());
  const std::chrono::duration<double> open = std::chrono::steady_clock::now() - start_;
  runtime_.Log({status, answer.error_code(), method_.name(), open, correlation_id_, ""});
  return answer;
}

}  // namespace logistics::rpc
