#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "inventory.pb.h"
#include "logistics/service/streams/stock_updates.hpp"
#include "rpc/streams/stream_scope.hpp"

namespace logistics::rpc {

// StreamInventoryUpdates: one object a stream and no thread, one write in flight. Thread-safe.
class InventoryStreams {
 public:
  // Both outlive all streams.
  InventoryStreams(service::StockUpdates& updates, CallRuntime& runtime);

  // Begins a stream by the bytes of its request, which are given up. The stream ends by itself: when its caller leaves,
  // when it falls behind, or when `updates` stops.
  grpc::ServerWriteReactor<::inventory::InventoryUpdateEvent>* Open(grpc::CallbackServerContext& context,
                                                                    grpc::ByteBuffer& request);

 private:
  service::StockUpdates& updates_;
  CallRuntime& runtime_;
  StreamMethod method_;
};

}  // namespace logistics::rpc
