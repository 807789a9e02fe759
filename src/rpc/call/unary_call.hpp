#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/ports/call_executor.hpp"
#include "rpc/call/call_loop.hpp"
#include "rpc/call/call_scope.hpp"

namespace logistics::rpc {

class CallService;
class UnaryCall;

// A unary rpc and what serves it. `serve` runs on the loop's thread and answers, then or later.
struct UnaryMethod {
  UnaryMethod(std::string name, ports::Metrics& metrics, int place, bool asks, std::function<void(UnaryCall&)> served)
      : method(std::move(name), metrics), index(place), asks_caller(asks), serve(std::move(served)) {}

  Method method;
  int index;         // in its service
  bool asks_caller;  // whether the caller is still there, by CallContext::cancelled
  std::function<void(UnaryCall& call)> serve;
};

// One unary call without a thread, from gRPC's offer to its answer. gRPC, the continuation and the thread that works on
// it share it; the first answer counts.
class UnaryCall final : public CallLoop::Event, public std::enable_shared_from_this<UnaryCall> {
 public:
  using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

  // Serves the next call of the method, and those that follow. On the loop's thread, or before it runs.
  static void Await(CallService& service, UnaryMethod& method);

  UnaryCall(CallService& service, UnaryMethod& method);
  void Proceed(bool ok) override;

  // Since `serve`; by one thread at a time until the answer.
  CallScope& scope() { return *scope_; }
  CallRuntime& runtime();
  // Its bytes, until Read.
  const grpc::ByteBuffer& request() const { return request_; }
  // Fills the request from its bytes, which are given up (ReadRequest). Once.
  absl::Status Read(google::protobuf::Message& request);

  // From any thread. `response` counts where the status is OK.
  void Answer(const absl::Status& status, const google::protobuf::MessageLite& response);
  void Refuse(const absl::Status& status);

  // Runs a part of the call. Our code does not throw on purpose; an exception of a library must not end the process or
  // reach the caller.
  template <typename Part>
  void Guard(const Part& part) {
    try {
      part();
    } catch (const std::exception& error) {
      Refuse(absl::InternalError(absl::StrCat("exception: ", error.what())));
    }
  }

  // The continuation that answers: `fill(call's scope, outcome, response)` makes the response of an outcome that is OK.
  template <typename Outcome, typename Response, typename Fill>
  ports::Completion<Outcome> AnswerWith(Fill fill) {
    return {&runtime().loop().tasks(),
            [call = shared_from_this(), fill = std::move(fill)](absl::StatusOr<Outcome> outcome) {
              call->Guard([&] {
                Response response;
                if (outcome.ok()) fill(call->scope(), *outcome, response);
                call->Answer(outcome.status(), response);
              });
            }};
  }

 private:
  // gRPC's word that the call is over: the caller has its status, or is gone.
  struct Gone final : Event {
    explicit Gone(UnaryCall& one) : call(one) {}
    void Proceed(bool ok) override;
    UnaryCall& call;
  };
  enum class State { kAwaited, kReading, kServed };

  void Begin();
  void Send(const absl::Status& status, grpc::ByteBuffer* response);
  void EventIsOver();
  void* tag() { return static_cast<Event*>(this); }

  CallService& service_;
  UnaryMethod& method_;
  State state_ = State::kAwaited;
  int events_ = 1;  // that gRPC still has for this call
  std::shared_ptr<UnaryCall> self_;
  grpc::ServerContext context_;
  Stream stream_{&context_};
  grpc::ByteBuffer request_;
  std::optional<CallScope> scope_;
  std::atomic<bool> answered_ = false;
  std::atomic<bool> gone_ = false;
  Gone gone_event_{*this};
};

}  // namespace logistics::rpc
