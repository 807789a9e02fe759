#include "rpc/call/byte_call.hpp"

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "rpc/call/call_service.hpp"

namespace logistics::rpc {

void ByteCall::Await(CallService& service, int index, const Make& make) {
  const std::shared_ptr<ByteCall> call = make();
  call->service_ = &service;
  call->index_ = index;
  call->make_ = &make;
  call->self_ = call;
  call->context().AsyncNotifyWhenDone(call->gone_.tag());
  service.runtime().loop().CallBegins();
  service.RequestCall(index, call->context(), call->wire_->stream, call->offered_.tag());
}

void ByteCall::Read() {
  ++events_;
  wire_->stream.Read(&wire_->message, read_.tag());
}

void ByteCall::Write(const grpc::ByteBuffer& message) {
  ++events_;
  wire_->stream.Write(message, written_.tag());
}

void ByteCall::Finish(const grpc::Status& status) { wire_->stream.Finish(status, finished_.tag()); }

void ByteCall::Offered(bool ok) {
  if (!ok) return EventIsOver();  // the server has shut down
  Await(*service_, index_, *make_);
  ++events_;  // that the caller is gone
  begun_ = true;
  OnBegin();
}

void ByteCall::HasRead(bool ok) {
  OnRead(ok ? &wire_->message : nullptr);
  EventIsOver();
}

void ByteCall::HasWritten(bool ok) {
  OnWritten(ok);
  EventIsOver();
}

void ByteCall::HasFinished(bool /*ok*/) { EventIsOver(); }

// Comes for each call, at its end at the latest.
void ByteCall::IsGone(bool /*ok*/) {
  if (context().IsCancelled()) OnGone();
  EventIsOver();
}

void ByteCall::EventIsOver() {
  if (--events_ > 0) return;
  if (begun_) OnDone();
  service_->runtime().loop().CallEnds();
  wire_.reset();
  self_.reset();
}

grpc::ByteBuffer BytesOf(const google::protobuf::MessageLite& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // Has no error but of messages over 2 GiB.
  static_cast<void>(
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(message, &bytes, &own));
  return bytes;
}

}  // namespace logistics::rpc
