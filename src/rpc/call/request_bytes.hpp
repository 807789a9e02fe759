// From the bytes of a call to its request. Knows nothing of how the bytes came: sync, callback or completion queue.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"

namespace logistics::rpc {

// Fills `request` from `bytes`, which are given up. INVALID_ARGUMENT: no message came, or the bytes are none of the
// request's type; texts that are not UTF-8 are named by their fields. RESOURCE_EXHAUSTED, with the reason
// MESSAGE_TOO_LARGE: more than `bytes_max`.
absl::Status ReadRequest(grpc::ByteBuffer& bytes, int bytes_max, google::protobuf::Message& request);

// Whether this thread reads a request now: protobuf's own lines on what is wrong with it say less than our answer.
bool IsReadingRequest();

// Whether a request takes too long to be read and checked on the thread of the calls: over 16 KiB, which may be
// 8,000 lines of an order.
bool IsLarge(const grpc::ByteBuffer& bytes);

}  // namespace logistics::rpc
