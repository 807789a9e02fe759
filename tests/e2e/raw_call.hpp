// Calls of services whose .proto the distribution does not install: health and reflection, in bytes.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace logistics::e2e {

// The serialized answer to one call; a streaming method gets one message and is read once. Throws where the call fails.
std::string RawUnary(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request);
std::string RawStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                      const std::string& request);

}  // namespace logistics::e2e
