#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "rpc/call/byte_call.hpp"
#include "rpc/call/call_scope.hpp"
#include "rpc/call/request_bytes.hpp"
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
  void RequestCall(int method, grpc::ServerContext& context, ByteCall::Stream& stream, void* tag);

 protected:
  // `name` with its package: "order.OrderService". `runtime` outlives this.
  CallService(std::string name, CallRuntime& runtime) : name_(std::move(name)), runtime_(runtime) {}

  // Serves the unary rpc `rpc` by a member function of the derived class, on a thread of the pool: it may block.
  template <typename Self, typename Request, typename Response>
  void Unary(const char* rpc,
             absl::Status (Self::*handler)(CallScope& call, const Request& request, Response& response)) {
    AddUnary(rpc, /*blocks=*/true, Blocking(handler));
  }

  // Serves the unary rpc `rpc` on the thread of the calls: `begin` hands the request over to `port`, and the outcome's
  // continuation answers (UnaryCall::AnswerWith). A function that has nothing but the port cannot block. `handler`
  // serves requests that are too large to be read and checked there, as Unary does.
  template <typename Self, typename Port, typename Request, typename Response>
  void Async(const char* rpc, Port& port, void (*begin)(Port& port, UnaryCall& call, const Request& request),
             absl::Status (Self::*handler)(CallScope& call, const Request& request, Response& response)) {
    AddUnary(rpc, /*blocks=*/false, [&port, begin, blocking = Blocking(handler)](UnaryCall& call) {
      if (IsLarge(call.request())) return blocking(call);
      Request request;
      if (const absl::Status read = call.Read(request); !read.ok()) return call.Refuse(read);
      begin(port, call, request);
    });
  }

  // Serves the rpc `rpc` by the calls that `make` makes.
  void Streaming(const char* rpc, ByteCall::Make make);

 private:
  struct Stream {
    int index;  // in this service
    ByteCall::Make make;
  };

  template <typename Self, typename Request, typename Response>
  std::function<void(UnaryCall&)> Blocking(absl::Status (Self::*handler)(CallScope& call, const Request& request,
                                                                         Response& response)) {
    return [this, handler](UnaryCall& call) {
      RunBlocking(call, [this, handler](UnaryCall& blocking) {
        Request request;
        Response response;
        absl::Status status = blocking.Read(request);
        if (status.ok()) status = (static_cast<Self*>(this)->*handler)(blocking.scope(), request, response);
        blocking.Answer(status, response);
      });
    };
  }
  void AddUnary(const char* rpc, bool blocks, std::function<void(UnaryCall&)> serve);
  // Its index.
  int AddMethodOf(const char* rpc);
  static void RunBlocking(UnaryCall& call, std::function<void(UnaryCall&)> work);

  const std::string name_;
  CallRuntime& runtime_;
  std::deque<UnaryMethod> methods_;
  std::deque<Stream> streams_;
  std::deque<std::string> paths_;  // gRPC keeps pointers into it
};

}  // namespace logistics::rpc
