#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "rpc/call/byte_call.hpp"
#include "rpc/streams/stream_scope.hpp"
#include "rpc/streams/stream_source.hpp"

namespace logistics::rpc {

// One stream without a thread, with one write in flight. The source, a finished write and a cancelled call wake it; the
// thread that does so takes the next step under the lock.
//
// An end waits a moment for a write in flight. A caller that does not read would hold up that write, and the status
// behind it, without limit (docs/adr/0006). Such a call is cut: the status, with the token in its message, overtakes
// the events that the caller has not taken.
class StreamCall final : public ByteCall {
 public:
  // `runtime` and `method` outlive it.
  StreamCall(std::unique_ptr<StreamSource> source, CallRuntime& runtime, StreamMethod& method)
      : runtime_(runtime), method_(method), source_(std::move(source)) {}

 private:
  void OnBegin() override;
  void OnRead(grpc::ByteBuffer* message) override;
  void OnWritten(bool ok) override;
  void OnGone() override;
  void OnDone() override;

  std::shared_ptr<StreamCall> self() { return std::static_pointer_cast<StreamCall>(shared_from_this()); }
  void Open(grpc::ByteBuffer bytes);
  void Pump();
  // Require mutex_. Only the first end counts.
  void FinishLocked(const StreamEnd& end);
  void AwaitLastWriteLocked();
  void Cut();

  CallRuntime& runtime_;
  StreamMethod& method_;
  std::mutex mutex_;
  const std::unique_ptr<StreamSource> source_;  // guarded by mutex_, but for Open and Close
  std::optional<StreamScope> scope_;            // guarded by mutex_; since OnBegin
  bool opening_ = false;                        // guarded by mutex_; no end before it is over
  bool gone_ = false;                           // guarded by mutex_; while it was opening
  bool open_ = false;                           // guarded by mutex_
  bool writing_ = false;                        // guarded by mutex_
  bool last_write_ = false;                     // guarded by mutex_; the end waits for a write
  bool finished_ = false;                       // guarded by mutex_
};

}  // namespace logistics::rpc
