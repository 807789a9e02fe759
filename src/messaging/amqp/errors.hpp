// The one place that turns errors of rabbitmq-c and of the broker into absl::Status.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "messaging/amqp/amqp.hpp"

namespace logistics::messaging {

// A channel was closed with a code of AMQP 0-9-1 §1.2 (reply-code): NOT_FOUND (404), PERMISSION_DENIED (403),
// FAILED_PRECONDITION (405, 406), else INTERNAL. The connection lives on.
absl::Status ChannelClosedError(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text);

// A connection was closed: UNAUTHENTICATED when the login was refused, ABORTED when the broker could not take what we
// sent (501–505, 540: sending the same again would end the next connection too), else UNAVAILABLE.
absl::Status ConnectionClosedError(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text);

// An amqp_status_enum that is not AMQP_STATUS_OK. UNAVAILABLE: the connection cannot be used any more;
// UNAUTHENTICATED: TLS does not trust the broker; INVALID_ARGUMENT: the request cannot be encoded.
absl::Status LibraryError(std::string_view doing, int library_error);

// The answer to a synchronous method; OK when the method succeeded.
absl::Status StatusOfReply(std::string_view doing, const amqp_rpc_reply_t& reply);

// Whether the whole connection is lost, and not only a channel of it.
bool EndsConnection(const absl::Status& status);

}  // namespace logistics::messaging
