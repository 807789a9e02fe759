#include "rpc/call/unary_call.hpp"

#include "rpc/call/byte_call.hpp"
#include "rpc/call/call_service.hpp"
#include "rpc/call/request_bytes.hpp"

namespace logistics::rpc {

UnaryCall::UnaryCall(CallService& service, UnaryMethod& method) : service_(service), method_(method) {}

CallRuntime& UnaryCall::runtime() { return service_.runtime(); }

void UnaryCall::Await(CallService& service, UnaryMethod& method) {
  const auto call = std::make_shared<UnaryCall>(service, method);
  call->self_ = call;
  if (method.asks_caller) call->context_.AsyncNotifyWhenDone(static_cast<Event*>(&call->gone_event_));
  service.runtime().loop().CallBegins();
  service.RequestCall(method.index, call->context_, call->stream_, call->tag());
}

void UnaryCall::Proceed(bool ok) {
  switch (state_) {
    case State::kAwaited:
      if (!ok) return EventIsOver();  // the server has shut down
      Await(service_, method_);
      if (method_.asks_caller) ++events_;
      state_ = State::kReading;
      return stream_.Read(&request_, tag());
    case State::kReading:
      return Begin();
    case State::kServed:
      return EventIsOver();
  }
}

void UnaryCall::Gone::Proceed(bool /*ok*/) {
  if (call.context_.IsCancelled()) call.gone_ = true;
  call.EventIsOver();
}

void UnaryCall::EventIsOver() {
  if (--events_ > 0) return;
  runtime().loop().CallEnds();
  self_.reset();
}

void UnaryCall::Begin() {
  scope_.emplace(runtime(), method_.method, context_);
  if (method_.asks_caller) scope_->AskCaller([this] { return gone_.load(); });
  if (!scope_->admitted().ok()) return Refuse(scope_->admitted());
  Guard([this] { method_.serve(*this); });
}

absl::Status UnaryCall::Read(google::protobuf::Message& request) {
  return ReadRequest(request_, runtime().options().message_bytes_max, request);
}

void UnaryCall::Refuse(const absl::Status& status) {
  if (!answered_.exchange(true)) Send(status, nullptr);
}

void UnaryCall::Answer(const absl::Status& status, const google::protobuf::MessageLite& response) {
  if (!status.ok()) return Refuse(status);
  // Before it counts as answered: what throws here is refused by Guard.
  grpc::ByteBuffer bytes = BytesOf(response);
  if (!answered_.exchange(true)) Send(status, &bytes);
}

void UnaryCall::Send(const absl::Status& status, grpc::ByteBuffer* response) {
  const grpc::Status answer = scope_->Finish(status);
  // Set first: the loop may have the event before this returns, and the call may be over then.
  state_ = State::kServed;
  if (response == nullptr) return stream_.Finish(answer, tag());
  stream_.WriteAndFinish(*response, grpc::WriteOptions(), answer, tag());
}

}  // namespace logistics::rpc
