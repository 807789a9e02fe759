#include "messaging/amqp/frame_input.hpp"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/dead_letter_headers.hpp"

namespace logistics::messaging {
namespace {

const amqp_basic_properties_t& PropertiesOf(const amqp_frame_t& header_frame) {
  return *static_cast<const amqp_basic_properties_t*>(header_frame.payload.properties.decoded);
}

void ReadHeaders(const amqp_table_t& headers, Delivery& delivery) {
  // A redriven dead letter comes through the default exchange; its headers say where it was published.
  const bool redriven = delivery.exchange.empty();
  for (int i = 0; i < headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = headers.entries[i];
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    const std::string_view key = ViewOf(entry.key);
    const std::string_view text = ViewOf(entry.value.value.bytes);
    if (key == "traceparent") delivery.traceparent = text;
    if (redriven && key == kOriginalExchangeHeader) delivery.exchange = text;
    if (redriven && key == kOriginalRoutingKeyHeader) delivery.routing_key = text;
  }
}

void ReadProperties(const amqp_frame_t& header_frame, Delivery& delivery) {
  const amqp_basic_properties_t& properties = PropertiesOf(header_frame);
  delivery.properties = ViewOf(header_frame.payload.properties.raw);
  if ((properties._flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0) {
    delivery.correlation_id = ViewOf(properties.correlation_id);
  }
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0) ReadHeaders(properties.headers, delivery);
}

}  // namespace

bool FrameInput::Content::Add(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    body_left = frame.payload.properties.body_size;
    header_seen = true;
  } else if (header_seen) {
    body_left -= std::min<std::uint64_t>(body_left, frame.payload.body_fragment.len);
  }
  return header_seen && body_left == 0;
}

void FrameInput::Reset(amqp_channel_t channel) {
  if (channel == kPublishChannel) return_.reset();
  if (channel == kConsumeChannel) arriving_.reset();
}

void FrameInput::OnFrame(const amqp_frame_t& frame, ConnectionListener& listener) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return OnMethod(frame, listener);
    case AMQP_FRAME_HEADER:
    case AMQP_FRAME_BODY:
      return frame.channel == kConsumeChannel ? OnDeliveryContent(frame, listener) : OnReturnContent(frame, listener);
    default:
      return;
  }
}

void FrameInput::OnMethod(const amqp_frame_t& frame, ConnectionListener& listener) {
  const void* const decoded = frame.payload.method.decoded;
  switch (frame.payload.method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(decoded);
      return listener.OnAck(ack->delivery_tag, ack->multiple != 0);
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(decoded);
      return listener.OnNack(nack->delivery_tag, nack->multiple != 0);
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto* returned = static_cast<const amqp_basic_return_t*>(decoded);
      return_ = Return();
      return_->reason = absl::StrCat(returned->reply_code, " ", std::string(ViewOf(returned->reply_text)));
      return;
    }
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto* deliver = static_cast<const amqp_basic_deliver_t*>(decoded);
      arriving_ = Arriving();
      arriving_->delivery.tag = deliver->delivery_tag;
      arriving_->delivery.exchange = ViewOf(deliver->exchange);
      arriving_->delivery.routing_key = ViewOf(deliver->routing_key);
      return;
    }
    case AMQP_BASIC_CANCEL_METHOD:
      return listener.OnConsumerEnded(
          absl::NotFoundError("the broker ended the consumer: its queue is gone or moves to another node"));
    case AMQP_CONNECTION_BLOCKED_METHOD:
      return listener.OnBlocked(ViewOf(static_cast<const amqp_connection_blocked_t*>(decoded)->reason));
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return listener.OnUnblocked();
    default:
      return;
  }
}

void FrameInput::OnReturnContent(const amqp_frame_t& frame, ConnectionListener& listener) {
  if (!return_) return;
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const amqp_basic_properties_t& properties = PropertiesOf(frame);
    if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) return_->message_id = ViewOf(properties.message_id);
  }
  if (!return_->content.Add(frame)) return;
  const Return complete = *std::exchange(return_, std::nullopt);
  listener.OnReturned(complete.message_id, complete.reason);
}

void FrameInput::OnDeliveryContent(const amqp_frame_t& frame, ConnectionListener& listener) {
  if (!arriving_) return;
  Delivery& delivery = arriving_->delivery;
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    ReadProperties(frame, delivery);
    const std::uint64_t bytes = frame.payload.properties.body_size;
    if (bytes > body_bytes_max_) delivery.skipped_bytes = bytes;
  } else if (arriving_->content.header_seen && delivery.skipped_bytes == 0) {
    delivery.body += ViewOf(frame.payload.body_fragment);
  }
  if (!arriving_->content.Add(frame)) return;
  Arriving complete = *std::exchange(arriving_, std::nullopt);
  listener.OnDelivery(std::move(complete.delivery));
}

}  // namespace logistics::messaging
