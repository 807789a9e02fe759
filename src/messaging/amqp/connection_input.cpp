// What arrives on a connection: confirms, returned messages, closures, alarms.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/errors.hpp"

namespace logistics::messaging {
namespace {

constexpr int kFramesInPoolsMax = 256;

}  // namespace

bool Connection::HasInput() const {
  return amqp_frames_enqueued(state_.get()) != 0 || amqp_data_in_buffer(state_.get()) != 0;
}

absl::Status Connection::Service(ConnectionListener& listener) {
  const SocketWatchdog::Guard guard(watchdog_);
  constexpr timeval kDoNotWait{};
  absl::Status status;
  for (int frames = 1; status.ok(); ++frames) {
    amqp_frame_t frame;
    const int read = amqp_simple_wait_frame_noblock(state_.get(), &frame, &kDoNotWait);
    if (read == AMQP_STATUS_TIMEOUT) break;
    status = read == AMQP_STATUS_OK ? OnFrame(frame, listener) : LibraryError(where_, read);
    // Frames live in pools of the library that only grow until they are released.
    if (frames % kFramesInPoolsMax == 0) amqp_maybe_release_buffers(state_.get());
  }
  amqp_maybe_release_buffers(state_.get());
  return status;
}

absl::Status Connection::OnFrame(const amqp_frame_t& frame, ConnectionListener& listener) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return OnMethod(frame, listener);
    case AMQP_FRAME_HEADER:
    case AMQP_FRAME_BODY:
      OnContent(frame, listener);
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status Connection::OnMethod(const amqp_frame_t& frame, ConnectionListener& listener) {
  const void* const decoded = frame.payload.method.decoded;
  switch (frame.payload.method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(decoded);
      listener.OnAck(ack->delivery_tag, ack->multiple != 0);
      return absl::OkStatus();
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(decoded);
      listener.OnNack(nack->delivery_tag, nack->multiple != 0);
      return absl::OkStatus();
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto* returned = static_cast<const amqp_basic_return_t*>(decoded);
      return_ = std::make_unique<Return>();
      return_->reason = absl::StrCat(returned->reply_code, " ", std::string(ViewOf(returned->reply_text)));
      return absl::OkStatus();
    }
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const auto* close = static_cast<const amqp_channel_close_t*>(decoded);
      const absl::Status why = ChannelClosedError("channel closed", close->reply_code, ViewOf(close->reply_text));
      ConfirmChannelClose(frame.channel);
      if (frame.channel == kConsumeChannel) {
        arriving_.reset();
        listener.OnConsumerEnded(why);
        return absl::OkStatus();
      }
      if (frame.channel != kPublishChannel) {
        declare_channel_open_ = false;
        return absl::OkStatus();
      }
      return_.reset();
      listener.OnChannelClosed(why);
      return absl::OkStatus();
    }
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto* close = static_cast<const amqp_connection_close_t*>(decoded);
      absl::Status why = ConnectionClosedError(where_, close->reply_code, ViewOf(close->reply_text));
      amqp_connection_close_ok_t answer{};
      amqp_send_method(state_.get(), 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer);
      return why;
    }
    case AMQP_BASIC_DELIVER_METHOD:
      OnDeliver(*static_cast<const amqp_basic_deliver_t*>(decoded));
      return absl::OkStatus();
    case AMQP_BASIC_CANCEL_METHOD:
      listener.OnConsumerEnded(absl::NotFoundError("the broker ended the consumer: its queue is gone or moves"));
      return absl::OkStatus();
    case AMQP_CONNECTION_BLOCKED_METHOD:
      listener.OnBlocked(ViewOf(static_cast<const amqp_connection_blocked_t*>(decoded)->reason));
      return absl::OkStatus();
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      listener.OnUnblocked();
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

void Connection::OnContent(const amqp_frame_t& frame, ConnectionListener& listener) {
  if (frame.channel == kConsumeChannel) return OnDeliveryContent(frame, listener);
  OnReturnContent(frame, listener);
}

void Connection::OnReturnContent(const amqp_frame_t& frame, ConnectionListener& listener) {
  if (!return_) return;
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const auto* properties = static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) return_->message_id = ViewOf(properties->message_id);
    return_->body_left = frame.payload.properties.body_size;
    return_->header_seen = true;
  } else if (return_->header_seen) {
    return_->body_left -= std::min<std::uint64_t>(return_->body_left, frame.payload.body_fragment.len);
  }
  if (!return_->header_seen || return_->body_left > 0) return;
  const std::unique_ptr<Return> complete = std::move(return_);
  listener.OnReturned(complete->message_id, complete->reason);
}

void Connection::ConfirmChannelClose(amqp_channel_t channel) {
  amqp_channel_close_ok_t answer{};
  amqp_send_method(state_.get(), channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
}

}  // namespace logistics::messaging
