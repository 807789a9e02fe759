#pragma once

#include <grpc/grpc.h>
#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "rpc/streams/stream_scope.hpp"

namespace logistics::rpc {

// The end of a stream.
struct StreamEnd {
  absl::Status status;
  std::string resume_token;  // where its caller goes on; empty: unknown
};

// One stream without a thread, with one write in flight, that owns itself until gRPC is done with it. The source, a
// finished write and a cancelled call wake it; the thread that does so takes the next step under the lock.
//
// An end waits a moment for a write in flight. A caller that does not read would hold up that write, and the status
// behind it, without limit (docs/adr/0006). Such a call is cut: the status, with the token in its message, overtakes
// the events that the caller has not taken.
//
// Source, which is called by one thread at a time:
//   using Event = ...; using Request = ...;
//   absl::Status Open(const Request&, std::function<void()> wake);  // `wake` may be called from any thread, from now
//   on bool Next(Event& event);            // fills what is next; false: nothing now. The one before is written
//   std::optional<StreamEnd> Ended();   // there will be nothing any more. Also while a write is in flight
//   void Close();                       // once, after an Open that was OK
template <typename Source>
class StreamReactor final : public grpc::ServerWriteReactor<typename Source::Event>,
                            public std::enable_shared_from_this<StreamReactor<Source>> {
 public:
  static grpc::ServerWriteReactor<typename Source::Event>* Start(Source source, CallRuntime& runtime,
                                                                 StreamMethod& method,
                                                                 grpc::CallbackServerContext& context,
                                                                 grpc::ByteBuffer& request) {
    const auto stream = std::make_shared<StreamReactor>(std::move(source), runtime, method, context);
    stream->Begin(request);
    return stream.get();
  }

  StreamReactor(Source source, CallRuntime& runtime, StreamMethod& method, grpc::CallbackServerContext& context)
      : context_(context), source_(std::move(source)), scope_(runtime, method, context) {}

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (!ok) FinishLocked({absl::CancelledError("the caller is gone"), ""});
    }
    Pump();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    FinishLocked({absl::CancelledError("the caller is gone, or its deadline has passed"), ""});
  }

  void OnDone() override {
    if (open_) source_.Close();
    // Released after the lock, which the stream owns: this may be its last reference.
    std::shared_ptr<StreamReactor> self;
    {
      const std::lock_guard lock(mutex_);
      self = std::move(self_);
      scope_.Leave();
    }
  }

 private:
  // Enough for a caller that reads to take one message over a bad line.
  static constexpr std::chrono::milliseconds kLastWriteTime{200};

  // Runs before gRPC has the stream: only the source calls in yet.
  void Begin(grpc::ByteBuffer& bytes) {
    self_ = this->shared_from_this();
    typename Source::Request request;
    absl::Status opened = scope_.Read(bytes, request);
    if (opened.ok()) {
      // The source may call `wake` while the stream ends, and after that.
      opened = source_.Open(request, [weak = this->weak_from_this()] {
        if (const auto stream = weak.lock()) stream->Pump();
      });
    }
    {
      const std::lock_guard lock(mutex_);
      open_ = opened.ok();
      if (!open_) FinishLocked({opened, ""});
    }
    Pump();
  }

  void Pump() {
    const std::lock_guard lock(mutex_);
    if (!open_ || finished_) return;
    if (writing_) {
      if (last_write_ == nullptr && source_.Ended()) AwaitLastWrite();
      return;
    }
    event_.Clear();
    if (source_.Next(event_)) {
      writing_ = true;
      this->StartWrite(&event_);
    } else if (const std::optional<StreamEnd> end = source_.Ended()) {
      FinishLocked(*end);
    }
  }

  // Requires mutex_. Only the first end counts.
  void FinishLocked(const StreamEnd& end) {
    if (std::exchange(finished_, true)) return;
    if (!end.resume_token.empty()) context_.AddTrailingMetadata("resume-token", end.resume_token);
    this->Finish(scope_.Finish(end.status));
  }

  // Requires mutex_.
  void AwaitLastWrite() {
    last_write_ = std::make_unique<grpc::Alarm>();
    last_write_->Set(std::chrono::system_clock::now() + kLastWriteTime, [weak = this->weak_from_this()](bool over) {
      if (!over) return;
      if (const auto stream = weak.lock()) stream->Cut();
    });
  }

  void Cut() {
    grpc::Status status;
    {
      const std::lock_guard lock(mutex_);
      const std::optional<StreamEnd> end = source_.Ended();
      if (!writing_ || finished_ || !end) return;
      finished_ = true;
      status = scope_.Finish(end->status);
      if (!end->resume_token.empty()) {
        status = {status.error_code(), status.error_message() + "; resume-token: " + end->resume_token};
      }
    }
    // Finish would wait behind the write, and trailing metadata with it. gRPC's transport sends this status at once,
    // but nothing else of it. The call exists until Finish, which only this function calls now.
    grpc_call_cancel_with_status(context_.c_call(), static_cast<grpc_status_code>(status.error_code()),
                                 status.error_message().c_str(), nullptr);
    this->Finish(status);
  }

  grpc::CallbackServerContext& context_;
  std::mutex mutex_;
  Source source_;                            // guarded by mutex_, but for Open and Close
  StreamScope scope_;                        // guarded by mutex_
  std::shared_ptr<StreamReactor> self_;      // guarded by mutex_; until OnDone
  std::unique_ptr<grpc::Alarm> last_write_;  // guarded by mutex_; set when the end waits for a write
  typename Source::Event event_;             // guarded by mutex_; gRPC's while writing_
  bool open_ = false;                        // guarded by mutex_
  bool writing_ = false;                     // guarded by mutex_
  bool finished_ = false;                    // guarded by mutex_
};

}  // namespace logistics::rpc
