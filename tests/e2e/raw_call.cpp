#include "e2e/raw_call.hpp"

#include <grpcpp/generic/generic_stub.h>

#include <stdexcept>
#include <vector>

#include "absl/time/clock.h"

namespace logistics::e2e {
namespace {

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return {};
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// One operation at a time on one call.
class RawCall {
 public:
  explicit RawCall(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  }
  ~RawCall() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) continue;
  }
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;

  grpc::GenericStub& stub() { return stub_; }
  grpc::ClientContext* context() { return &context_; }
  grpc::CompletionQueue* queue() { return &queue_; }
  bool Done() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
};

}  // namespace

std::string RawUnary(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request) {
  RawCall call(channel);
  const auto reader = call.stub().PrepareUnaryCall(call.context(), method, Buffer(request), call.queue());
  reader->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  reader->Finish(&response, &status, nullptr);
  if (!call.Done() || !status.ok()) throw std::runtime_error(method + ": " + status.error_message());
  return Bytes(response);
}

std::string RawStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                      const std::string& request) {
  RawCall call(channel);
  const auto stream = call.stub().PrepareCall(call.context(), method, call.queue());
  grpc::ByteBuffer response;
  stream->StartCall(nullptr);
  bool ok = call.Done();
  if (ok) stream->Write(Buffer(request), nullptr);
  ok = ok && call.Done();
  if (ok) stream->Read(&response, nullptr);
  ok = ok && call.Done();
  grpc::Status status;
  call.context()->TryCancel();
  stream->Finish(&status, nullptr);
  call.Done();
  if (!ok) throw std::runtime_error(method + ": " + status.error_message());
  return Bytes(response);
}

}  // namespace logistics::e2e
