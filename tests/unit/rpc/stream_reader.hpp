#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"

namespace logistics::rpc {

// The caller of one stream. It has a connection of its own, so that a reader that does not read holds up no other.
template <typename Event>
class StreamReader {
 public:
  using Stream = std::unique_ptr<grpc::ClientReader<Event>>;

  StreamReader(int port,
               const std::function<Stream(const std::shared_ptr<grpc::Channel>&, grpc::ClientContext&)>& open) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    stream_ =
        open(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), arguments),
             context_);
  }
  ~StreamReader() {
    context_.TryCancel();
    if (!finished_) Finish();
  }
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  bool Read(Event& event) { return stream_->Read(&event); }
  // Takes what is left.
  grpc::Status Finish() {
    Event event;
    while (stream_->Read(&event)) {
    }
    finished_ = true;
    return stream_->Finish();
  }
  grpc::ClientContext& context() { return context_; }

 private:
  grpc::ClientContext context_;
  Stream stream_;
  bool finished_ = false;
};

}  // namespace logistics::rpc
