#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/method_handler.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/call/call_scope.hpp"
#include "rpc/call/request_bytes.hpp"

namespace logistics::rpc {

// A service whose requests come as bytes and are read by us, so that a request that cannot be read is answered, counted
// and logged like every other. Does what the generated service class does for typed requests. Thread-safe once made;
// each unary call blocks its thread until it is answered.
class CallService : public grpc::Service {
 protected:
  // `name` with its package: "order.OrderService". `runtime` outlives this.
  CallService(std::string name, CallRuntime& runtime) : name_(std::move(name)), runtime_(runtime) {}

  // Serves the unary rpc `rpc` by a member function of the derived class.
  template <typename Self, typename Request, typename Response>
  void Unary(const char* rpc,
             absl::Status (Self::*handler)(CallScope& call, const Request& request, Response& response)) {
    Method& method = methods_.emplace_back(absl::StrCat(name_, "/", rpc), runtime_.metrics());
    using Handler = grpc::internal::RpcMethodHandler<CallService, grpc::ByteBuffer, Response, grpc::ByteBuffer,
                                                     google::protobuf::MessageLite>;
    const auto serve = [handler, &method](CallService* service, grpc::ServerContext* context,
                                          const grpc::ByteBuffer* bytes, Response* response) {
      return Serve(service->runtime_, method, *context, [&](CallScope& call) -> absl::Status {
        Request request;
        // gRPC made the buffer for this call, and destroys it behind it.
        if (absl::Status read = service->Read(const_cast<grpc::ByteBuffer&>(*bytes), request); !read.ok()) return read;
        return (static_cast<Self*>(service)->*handler)(call, request, *response);
      });
    };
    AddMethod(new grpc::internal::RpcServiceMethod(PathOf(rpc), grpc::internal::RpcMethod::NORMAL_RPC,
                                                   new Handler(serve, this)));
  }

  // Serves the streaming rpc `rpc`: `open` makes the reactor of one stream from the request's bytes.
  template <typename Event, typename Open>
  void Streaming(const char* rpc, Open open) {
    AddMethod(new grpc::internal::RpcServiceMethod(PathOf(rpc), grpc::internal::RpcMethod::SERVER_STREAMING, nullptr));
    MarkMethodCallback(added_ - 1, new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, Event>(
                                       [open](grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) {
                                         return open(*context, const_cast<grpc::ByteBuffer&>(*bytes));
                                       }));
  }

  CallRuntime& runtime() { return runtime_; }

 private:
  absl::Status Read(grpc::ByteBuffer& bytes, google::protobuf::Message& request) const {
    return ReadRequest(bytes, runtime_.options().message_bytes_max, request);
  }
  // gRPC keeps the pointer.
  const char* PathOf(const char* rpc) {
    ++added_;
    return paths_.emplace_back(absl::StrCat("/", name_, "/", rpc)).c_str();
  }

  const std::string name_;
  CallRuntime& runtime_;
  std::deque<Method> methods_;
  std::deque<std::string> paths_;
  int added_ = 0;
};

}  // namespace logistics::rpc
