#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/call/call_scope.hpp"
#include "rpc/call/unary_call.hpp"

namespace logistics::rpc {

// A service whose requests come as bytes and are read by us, so that a request that cannot be read is answered, counted
// and logged like every other. Does what the generated service class does for typed requests.
class CallService : public grpc::Service {
 public:
  // Takes calls from here on. The server has started, and the loop does not run yet.
  void AwaitCalls();

  CallRuntime& runtime() { return runtime_; }

  // gRPC's next call of the method goes to the tag.
  void RequestCall(const UnaryMethod& method, grpc::ServerContext& context, UnaryCall::Stream& stream, void* tag);

 protected:
  // `name` with its package: "order.OrderService". `runtime` outlives this.
  CallService(std::string name, CallRuntime& runtime) : name_(std::move(name)), runtime_(runtime) {}

  // Serves the unary rpc `rpc` by a member function of the derived class, on a thread of the pool: it may block.
  template <typename Self, typename Request, typename Response>
  void Unary(const char* rpc,
             absl::Status (Self::*handler)(CallScope& call, const Request& request, Response& response)) {
    AddUnary(rpc, /*blocks=*/true, [this, handler](UnaryCall& call) {
      RunBlocking(call, [this, handler](UnaryCall& blocking) {
        Request request;
        Response response;
        absl::Status status = blocking.Read(request);
        if (status.ok()) status = (static_cast<Self*>(this)->*handler)(blocking.scope(), request, response);
        blocking.Answer(status, response);
      });
    });
  }

  // Serves the unary rpc `rpc` on the thread of the calls: `begin` hands the request over to `port`, and the outcome's
  // continuation answers (UnaryCall::AnswerWith). A function that has nothing but the port cannot block.
  template <typename Port, typename Request>
  void Async(const char* rpc, Port& port, void (*begin)(Port& port, UnaryCall& call, const Request& request)) {
    AddUnary(rpc, /*blocks=*/false, [&port, begin](UnaryCall& call) {
      Request request;
      if (const absl::Status read = call.Read(request); !read.ok()) return call.Refuse(read);
      begin(port, call, request);
    });
  }

  // Serves the streaming rpc `rpc`: `open` makes the reactor of one stream from the request's bytes.
  template <typename Event, typename Open>
  void Streaming(const char* rpc, Open open) {
    AddMethod(new grpc::internal::RpcServiceMethod(PathOf(rpc), grpc::internal::RpcMethod::SERVER_STREAMING, nullptr));
    MarkMethodCallback(added_ - 1, new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, Event>(
                                       [open](grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) {
                                         // gRPC made the buffer for this stream, and destroys it behind it.
                                         return open(*context, const_cast<grpc::ByteBuffer&>(*bytes));
                                       }));
  }

 private:
  void AddUnary(const char* rpc, bool blocks, std::function<void(UnaryCall&)> serve);
  static void RunBlocking(UnaryCall& call, std::function<void(UnaryCall&)> work);

  // gRPC keeps the pointer.
  const char* PathOf(const char* rpc) {
    ++added_;
    return paths_.emplace_back(absl::StrCat("/", name_, "/", rpc)).c_str();
  }

  const std::string name_;
  CallRuntime& runtime_;
  std::deque<UnaryMethod> methods_;
  std::deque<std::string> paths_;
  int added_ = 0;
};

}  // namespace logistics::rpc
