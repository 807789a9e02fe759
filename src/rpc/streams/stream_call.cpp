#include "rpc/streams/stream_call.hpp"

#include <grpc/grpc.h>

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rpc/call/request_bytes.hpp"

namespace logistics::rpc {
namespace {

// Enough for a caller that reads to take one message over a bad line.
constexpr absl::Duration kLastWriteTime = absl::Milliseconds(200);

StreamEnd GoneEnd() { return {absl::CancelledError("the caller is gone, or its deadline has passed"), ""}; }

}  // namespace

void StreamCall::OnBegin() {
  {
    const std::lock_guard lock(mutex_);
    scope_.emplace(runtime_, method_, context());
  }
  Read();
}

void StreamCall::OnRead(grpc::ByteBuffer* message) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    opening_ = true;
  }
  grpc::ByteBuffer bytes;
  if (message != nullptr) bytes.Swap(message);
  if (!IsLarge(bytes)) return Open(bytes);
  const absl::Status taken = runtime_.RunOnPool([stream = self(), bytes] { stream->Open(bytes); });
  if (taken.ok()) return;
  const std::lock_guard lock(mutex_);
  FinishLocked({taken, ""});
}

void StreamCall::Open(grpc::ByteBuffer bytes) {
  const absl::Status opened =
      source_->Open([&](google::protobuf::Message& request) { return scope_->Read(bytes, request); },
                    [weak = std::weak_ptr<StreamCall>(self())] {
                      if (const auto stream = weak.lock()) stream->Pump();
                    });
  {
    const std::lock_guard lock(mutex_);
    opening_ = false;
    open_ = opened.ok();
    if (!open_) FinishLocked({opened, ""});
    if (gone_) FinishLocked(GoneEnd());
  }
  Pump();
}

void StreamCall::OnWritten(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) FinishLocked({absl::CancelledError("the caller is gone"), ""});
  }
  Pump();
}

void StreamCall::OnGone() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
  if (!opening_) FinishLocked(GoneEnd());
}

void StreamCall::OnDone() {
  bool open = false;
  {
    const std::lock_guard lock(mutex_);
    open = open_;
  }
  if (open) source_->Close();
  const std::lock_guard lock(mutex_);
  scope_->Leave();
}

void StreamCall::Pump() {
  const std::lock_guard lock(mutex_);
  if (!open_ || finished_) return;
  if (writing_) {
    if (!last_write_ && source_->Ended()) AwaitLastWriteLocked();
    return;
  }
  if (const google::protobuf::MessageLite* const event = source_->Next()) {
    writing_ = true;
    Write(BytesOf(*event));
  } else if (const std::optional<StreamEnd> end = source_->Ended()) {
    FinishLocked(*end);
  }
}

void StreamCall::FinishLocked(const StreamEnd& end) {
  if (std::exchange(finished_, true)) return;
  if (!end.resume_token.empty()) context().AddTrailingMetadata("resume-token", end.resume_token);
  Finish(scope_->Finish(end.status));
}

void StreamCall::AwaitLastWriteLocked() {
  last_write_ = true;
  // Timers are set on the loop's thread.
  service::CallQueue& tasks = runtime_.loop().tasks();
  tasks.Post([&tasks, weak = std::weak_ptr<StreamCall>(self())] {
    tasks.RunAt(absl::Now() + kLastWriteTime, [weak] {
      if (const auto stream = weak.lock()) stream->Cut();
    });
  });
}

void StreamCall::Cut() {
  const std::lock_guard lock(mutex_);
  const std::optional<StreamEnd> end = source_->Ended();
  if (!writing_ || finished_ || !end) return;
  finished_ = true;
  grpc::Status status = scope_->Finish(end->status);
  if (!end->resume_token.empty()) {
    status = {status.error_code(), status.error_message() + "; resume-token: " + end->resume_token};
  }
  // Finish would wait behind the write, and trailing metadata with it. gRPC's transport sends this status at once, but
  // nothing else of it.
  grpc_call_cancel_with_status(context().c_call(), static_cast<grpc_status_code>(status.error_code()),
                               status.error_message().c_str(), nullptr);
  Finish(status);
}

}  // namespace logistics::rpc
