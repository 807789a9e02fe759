#include "rpc/call/call_service.hpp"

#include <grpcpp/impl/codegen/rpc_service_method.h>

#include "absl/strings/str_cat.h"

namespace logistics::rpc {
namespace {

// Calls of a method that gRPC may hand over before the loop has asked for the next.
constexpr int kAwaitedOfMethod = 8;

}  // namespace

void CallService::AwaitCalls() {
  for (UnaryMethod& method : methods_) {
    for (int i = 0; i < kAwaitedOfMethod; ++i) UnaryCall::Await(*this, method);
  }
  for (const Stream& stream : streams_) {
    for (int i = 0; i < kAwaitedOfMethod; ++i) ByteCall::Await(*this, stream.index, stream.make);
  }
}

void CallService::RequestCall(int method, grpc::ServerContext& context, ByteCall::Stream& stream, void* tag) {
  grpc::ServerCompletionQueue& queue = runtime_.loop().queue();
  RequestAsyncBidiStreaming(method, &context, &stream, &queue, &queue, tag);
}

void CallService::AddUnary(const char* rpc, bool blocks, std::function<void(UnaryCall&)> serve) {
  methods_.emplace_back(absl::StrCat(name_, "/", rpc), runtime_.metrics(), AddMethodOf(rpc), /*asks=*/blocks,
                        std::move(serve));
}

void CallService::Streaming(const char* rpc, ByteCall::Make make) {
  streams_.push_back({AddMethodOf(rpc), std::move(make)});
}

int CallService::AddMethodOf(const char* rpc) {
  const char* const path = paths_.emplace_back(absl::StrCat("/", name_, "/", rpc)).c_str();
  const int index = static_cast<int>(paths_.size()) - 1;
  // As a stream to gRPC, which then leaves the request to us: of a typed unary call it cancels one without a message.
  AddMethod(new grpc::internal::RpcServiceMethod(path, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
  MarkMethodAsync(index);
  return index;
}

void CallService::RunBlocking(UnaryCall& call, std::function<void(UnaryCall&)> work) {
  const absl::Status taken = call.runtime().RunOnPool(
      [shared = call.shared_from_this(), work = std::move(work)] { shared->Guard([&] { work(*shared); }); });
  if (!taken.ok()) call.Refuse(taken);
}

}  // namespace logistics::rpc
