#pragma once

#include <memory>

#include "logistics/service/streams/stock_updates.hpp"
#include "rpc/call/byte_call.hpp"
#include "rpc/streams/stream_scope.hpp"

namespace logistics::rpc {

// StreamInventoryUpdates: one object a stream and no thread, one write in flight. Thread-safe.
class InventoryStreams {
 public:
  // Both outlive all streams.
  InventoryStreams(service::StockUpdates& updates, CallRuntime& runtime);

  // For one stream. It ends by itself: when its caller leaves, when it falls behind, or when `updates` stops.
  std::shared_ptr<ByteCall> NewCall();

 private:
  service::StockUpdates& updates_;
  CallRuntime& runtime_;
  StreamMethod method_;
};

}  // namespace logistics::rpc
