#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/message_lite.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace logistics::rpc {

// The end of a stream.
struct StreamEnd {
  absl::Status status;
  std::string resume_token;  // where its caller goes on; empty: unknown
};

// What one stream sends. By one thread at a time; nothing here may block.
class StreamSource {
 public:
  virtual ~StreamSource() = default;

  // `read` fills the stream's request. `wake` may be called from any thread, from now on and after the stream's end.
  virtual absl::Status Open(absl::FunctionRef<absl::Status(google::protobuf::Message& request)> read,
                            std::function<void()> wake) = 0;
  // What is next, until the next call; null: nothing now. The one before is written.
  virtual const google::protobuf::MessageLite* Next() = 0;
  // There will be nothing any more. Also while a write is in flight.
  virtual std::optional<StreamEnd> Ended() const = 0;
  // Once, after an Open that was OK.
  virtual void Close() = 0;
};

}  // namespace logistics::rpc
