#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "rpc/call/call_loop.hpp"

namespace logistics::rpc {

class CallService;

// A call of any number of messages either way, without a thread, from gRPC's offer to its last event. A derived class
// says what happens in it.
class ByteCall : public std::enable_shared_from_this<ByteCall> {
 public:
  using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
  using Make = std::function<std::shared_ptr<ByteCall>()>;

  // Serves the next call of the service's method `index`, and those that follow, each by an object that `make` makes.
  // On the loop's thread, or before it runs. `make` outlives the calls.
  static void Await(CallService& service, int index, const Make& make);

  virtual ~ByteCall() = default;
  ByteCall(const ByteCall&) = delete;
  ByteCall& operator=(const ByteCall&) = delete;

 protected:
  ByteCall() = default;

  // What happens, on the loop's thread. OnBegin is the first, and OnDone is the last.
  virtual void OnBegin() = 0;
  // A message; null: the caller sends no more, or is gone.
  virtual void OnRead(grpc::ByteBuffer* message) = 0;
  // `ok` is false when the call is over.
  virtual void OnWritten(bool ok) = 0;
  // The caller is gone, its deadline has passed, or the server has cut the call. Also after Finish.
  virtual void OnGone() = 0;
  // gRPC is done with the call.
  virtual void OnDone() {}

  // From any thread, by one at a time, and not after OnDone. One read and one write at a time; nothing after Finish,
  // which comes once, also while a write is in flight.
  void Read();
  void Write(const grpc::ByteBuffer& message);
  void Finish(const grpc::Status& status);
  grpc::ServerContext& context() { return wire_->context; }

 private:
  // A tag of gRPC's: its event calls a member function.
  template <void (ByteCall::*run)(bool ok)>
  struct Step final : CallLoop::Event {
    explicit Step(ByteCall& one) : call(one) {}
    void Proceed(bool ok) override { (call.*run)(ok); }
    void* tag() { return static_cast<CallLoop::Event*>(this); }
    ByteCall& call;
  };
  // What gRPC has of the call. Given back on the loop's thread, whoever has the last reference to the call.
  struct Wire {
    Wire() : stream(&context) {}
    grpc::ServerContext context;
    Stream stream;
    grpc::ByteBuffer message;
  };

  void Offered(bool ok);
  void HasRead(bool ok);
  void HasWritten(bool ok);
  void HasFinished(bool ok);
  void IsGone(bool ok);
  void EventIsOver();

  CallService* service_ = nullptr;  // set by Await, as the two below
  int index_ = 0;
  const Make* make_ = nullptr;
  std::shared_ptr<ByteCall> self_;  // until gRPC is done
  std::optional<Wire> wire_{std::in_place};
  std::atomic<int> events_ = 1;  // that gRPC still has for this call, and that of Finish to come
  bool begun_ = false;           // of the loop's thread
  Step<&ByteCall::Offered> offered_{*this};
  Step<&ByteCall::HasRead> read_{*this};
  Step<&ByteCall::HasWritten> written_{*this};
  Step<&ByteCall::HasFinished> finished_{*this};
  Step<&ByteCall::IsGone> gone_{*this};
};

// The message's bytes.
grpc::ByteBuffer BytesOf(const google::protobuf::MessageLite& message);

}  // namespace logistics::rpc
