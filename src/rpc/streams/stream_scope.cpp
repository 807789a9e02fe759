#include "rpc/streams/stream_scope.hpp"

#include <array>
#include <span>
#include <utility>

#include "logistics/base/code_name.hpp"
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

StreamScope::StreamScope(CallRuntime& runtime, StreamMethod& method, grpc::CallbackServerContext& context)
    : runtime_(runtime),
      method_(method),
      start_(std::chrono::steady_clock::now()),
      correlation_id_(TakeCorrelationId(context, runtime.ids())) {
  method_.CountBegin();
  runtime_.open_streams().Enter();
}

grpc::Status StreamScope::Finish(const absl::Status& status) {
  grpc::Status answer = ToGrpcStatus(status, correlation_id_);
  method_.CountEnd(answer.error_code());
  const ports::LogLevel level = HidesText(status) ? ports::LogLevel::kError : ports::LogLevel::kInfo;
  if (!runtime_.log().Enabled(level)) return answer;
  const std::chrono::duration<double> open = std::chrono::steady_clock::now() - start_;
  const std::string code = base::CodeName(answer.error_code());  // the fields are views
  const std::array fields = {
      ports::LogField::Of("method", method_.name()), ports::LogField::Of("code", code),
      ports::LogField::Of("ms", open.count() * 1000), ports::LogField::Of("correlation_id", correlation_id_),
      ports::LogField::Of("error", std::string_view(status.message().data(), status.message().size()))};
  runtime_.log().Write(level, "rpc", fields);
  return answer;
}

}  // namespace logistics::rpc
