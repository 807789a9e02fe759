#pragma once

#include <grpcpp/support/status.h>

#include <optional>

#include "google/rpc/status.pb.h"

namespace logistics::rpc {

// The first detail of this type in a status; nullopt when there is none.
template <typename Detail>
std::optional<Detail> DetailOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const google::protobuf::Any& any : details.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

}  // namespace logistics::rpc
