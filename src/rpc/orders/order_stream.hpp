#pragma once

#include <memory>

#include "logistics/ports/clock.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "rpc/call/byte_call.hpp"
#include "rpc/streams/stream_scope.hpp"

namespace logistics::rpc {

// StreamOrderUpdates: one object a stream and no thread, one write in flight. Thread-safe.
//
// A stream that the server ends has its token in the trailing metadata `resume-token`, where the token is known. A
// caller that does not read gets a status without metadata: there the token stands at the end of the message, behind
// "resume-token: ".
class OrderStreams {
 public:
  // All outlive all streams.
  OrderStreams(service::OrderUpdates& updates, const ports::Clock& clock, CallRuntime& runtime);

  // For one stream. It ends by itself: when its caller leaves or does not read, or when `updates` ends it.
  std::shared_ptr<ByteCall> NewCall();

 private:
  service::OrderUpdates& updates_;
  const ports::Clock& clock_;
  CallRuntime& runtime_;
  StreamMethod method_;
};

}  // namespace logistics::rpc
