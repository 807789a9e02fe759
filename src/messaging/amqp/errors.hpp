// What rabbitmq-c and the broker say, as absl::Status: the one place where it is translated.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "messaging/amqp/amqp.hpp"

namespace logistics::messaging {

// A code of AMQP 0-9-1 §1.2 (reply-code) that closed a channel, with the broker's words. NOT_FOUND (404),
// PERMISSION_DENIED (403), FAILED_PRECONDITION (405, 406), else INTERNAL: the connection lives on.
absl::Status ChannelClosedError(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text);

// The same of a connection: UNAUTHENTICATED when the login was refused, ABORTED when the broker could not take what we
// sent (501–505, 540: sending the same again would end the next connection too), else UNAVAILABLE.
absl::Status ConnectionClosedError(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text);

// An amqp_status_enum that is not AMQP_STATUS_OK. UNAVAILABLE: the connection cannot be used any more;
// UNAUTHENTICATED: TLS does not trust the broker; INVALID_ARGUMENT: what was asked cannot be encoded.
absl::Status LibraryError(std::string_view doing, int library_error);

// Of an RPC; OK when it succeeded.
absl::Status StatusOfReply(std::string_view doing, const amqp_rpc_reply_t& reply);

// Whether the connection is gone, and not only a channel of it.
bool EndsConnection(const absl::Status& status);

}  // namespace logistics::messaging
