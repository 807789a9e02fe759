#include "rpc/server/health_rpc.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "logistics/domain/validation.hpp"
#include "rpc/call/byte_call.hpp"
#include "rpc/call/request_bytes.hpp"

namespace logistics::rpc {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

constexpr int kHealthRequestBytesMax = 1024;  // a service's name

grpc::ByteBuffer HealthAnswer(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return BytesOf(response);
}

}  // namespace

// Answers once, or sends the state and each change of it until the caller leaves.
class HealthRpc::Call final : public ByteCall {
 public:
  Call(HealthRpc& health, Mode mode) : health_(health), mode_(mode) {}

  // Sends the state unless it was the last one that was sent.
  void Send() {
    if (writing_ || finished_) return;
    const auto found = health_.serving_.find(service_);
    HealthCheckResponse::ServingStatus now = HealthCheckResponse::SERVICE_UNKNOWN;
    if (found != health_.serving_.end()) {
      now = found->second ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
    }
    if (std::exchange(sent_, now) == now) return;
    writing_ = true;
    Write(HealthAnswer(now));
  }

 private:
  void OnBegin() override { Read(); }
  void OnRead(grpc::ByteBuffer* message) override {
    grpc::ByteBuffer none;
    HealthCheckRequest request;
    const absl::Status read = ReadRequest(message == nullptr ? none : *message, kHealthRequestBytesMax, request);
    if (!read.ok()) return End({grpc::StatusCode::INVALID_ARGUMENT, std::string(read.message())});
    service_ = request.service();
    if (mode_ == Mode::kCheck && health_.serving_.count(service_) == 0) {
      return End({grpc::StatusCode::NOT_FOUND, domain::Quoted(service_) + " is no service of this server"});
    }
    if (mode_ == Mode::kWatch) health_.watchers_.insert(this);
    Send();
  }
  void OnWritten(bool ok) override {
    writing_ = false;
    if (!ok) return OnGone();
    if (mode_ == Mode::kCheck) return End(grpc::Status::OK);
    Send();
  }
  void OnGone() override { End({grpc::StatusCode::CANCELLED, "the caller is gone, or its deadline has passed"}); }
  void OnDone() override { health_.watchers_.erase(this); }

  void End(const grpc::Status& status) {
    if (!std::exchange(finished_, true)) Finish(status);
  }

  HealthRpc& health_;
  const Mode mode_;
  std::string service_;
  std::optional<HealthCheckResponse::ServingStatus> sent_;
  bool writing_ = false;
  bool finished_ = false;
};

HealthRpc::HealthRpc(CallRuntime& runtime) : CallService("grpc.health.v1.Health", runtime) {
  Streaming("Check", [this] { return std::make_shared<Call>(*this, Mode::kCheck); });
  Streaming("Watch", [this] { return std::make_shared<Call>(*this, Mode::kWatch); });
}

void HealthRpc::Set(std::string_view service, bool serving) {
  runtime().loop().tasks().Post([this, name = std::string(service), serving] {
    serving_[name] = serving;
    for (Call* const watcher : watchers_) watcher->Send();
  });
}

}  // namespace logistics::rpc
