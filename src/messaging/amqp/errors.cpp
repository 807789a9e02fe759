#include "messaging/amqp/errors.hpp"

#include <string>

#include "absl/strings/str_cat.h"

namespace logistics::messaging {
namespace {

std::string Message(std::string_view doing, std::string_view what) {
  return absl::StrCat(std::string(doing), ": ", std::string(what));
}

std::string BrokerSaid(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text) {
  return absl::StrCat(std::string(doing), ": the broker answered ", reply_code, " ", std::string(reply_text));
}

}  // namespace

absl::Status ChannelClosedError(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text) {
  const std::string message = BrokerSaid(doing, reply_code, reply_text);
  switch (reply_code) {
    case AMQP_NOT_FOUND:
      return absl::NotFoundError(message);
    case AMQP_ACCESS_REFUSED:
      return absl::PermissionDeniedError(message);
    case AMQP_RESOURCE_LOCKED:
    case AMQP_PRECONDITION_FAILED:
      return absl::FailedPreconditionError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::Status ConnectionClosedError(std::string_view doing, std::uint16_t reply_code, std::string_view reply_text) {
  const std::string message = BrokerSaid(doing, reply_code, reply_text);
  switch (reply_code) {
    case AMQP_ACCESS_REFUSED:
      return absl::UnauthenticatedError(message);
    case AMQP_FRAME_ERROR:
    case AMQP_SYNTAX_ERROR:
    case AMQP_COMMAND_INVALID:
    case AMQP_CHANNEL_ERROR:
    case AMQP_UNEXPECTED_FRAME:
    case AMQP_NOT_IMPLEMENTED:
      return absl::AbortedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

absl::Status LibraryError(std::string_view doing, int library_error) {
  const std::string message = Message(doing, amqp_error_string2(library_error));
  switch (library_error) {
    case AMQP_STATUS_OK:
      return absl::OkStatus();
    case AMQP_STATUS_INVALID_PARAMETER:
    case AMQP_STATUS_TABLE_TOO_BIG:
      return absl::InvalidArgumentError(message);
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
    case AMQP_STATUS_SSL_CONNECTION_FAILED:
      return absl::UnauthenticatedError(absl::StrCat(
          message, " (is the port a TLS port, the certificate made out to this host, its authority known?)"));
    case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD:
      return absl::UnauthenticatedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

absl::Status StatusOfReply(std::string_view doing, const amqp_rpc_reply_t& reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return absl::OkStatus();
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return LibraryError(doing, reply.library_error);
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const auto* close = static_cast<const amqp_channel_close_t*>(reply.reply.decoded);
        return ChannelClosedError(doing, close->reply_code, ViewOf(close->reply_text));
      }
      if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto* close = static_cast<const amqp_connection_close_t*>(reply.reply.decoded);
        return ConnectionClosedError(doing, close->reply_code, ViewOf(close->reply_text));
      }
      break;
    case AMQP_RESPONSE_NONE:
      break;
  }
  return absl::UnavailableError(Message(doing, "an answer that makes no sense here"));
}

bool EndsConnection(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsUnauthenticated(status) || absl::IsAborted(status);
}

}  // namespace logistics::messaging
