// The one place where errors become gRPC statuses (contract §5).
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace logistics::rpc {

// The status as the caller sees it: the same code and text, and a google.rpc.Status in grpc-status-details-bin with
// BadRequest, PreconditionFailure and RetryInfo as domain/errors.hpp gave them. UNAVAILABLE and RESOURCE_EXHAUSTED
// always have a RetryInfo. INTERNAL, UNKNOWN and DATA_LOSS become INTERNAL without their text: the caller gets the
// correlation id (in the message and in an ErrorInfo), and the caller of this function logs the text.
//
// Trailing metadata over 8 KiB make gRPC clients drop the whole answer: texts are shortened and, where even the field
// names do not fit, the last violation counts the rest.
grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view correlation_id);

// True when ToGrpcStatus hides the text.
bool HidesText(const absl::Status& status);

}  // namespace logistics::rpc
