// A connection's consumer: taking messages and acking them.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/dead_letter_headers.hpp"
#include "messaging/amqp/errors.hpp"

namespace logistics::messaging {
namespace {

void ReadHeaders(const amqp_table_t& headers, Delivery& delivery) {
  // A dead letter that was put back comes by way of the default exchange and says itself where it was published.
  const bool put_back = delivery.exchange.empty();
  for (int i = 0; i < headers.num_entries; ++i) {
    const amqp_table_entry_t& entry = headers.entries[i];
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    const std::string_view key = ViewOf(entry.key);
    const std::string_view text = ViewOf(entry.value.value.bytes);
    if (key == "traceparent") delivery.traceparent = text;
    if (put_back && key == kOriginalExchangeHeader) delivery.exchange = text;
    if (put_back && key == kOriginalRoutingKeyHeader) delivery.routing_key = text;
  }
}

}  // namespace

absl::Status Connection::Consume(const std::string& queue, int prefetch) {
  const SocketWatchdog::Guard guard(watchdog_);
  absl::Status status = OpenChannel(kConsumeChannel);
  if (!status.ok()) return status;
  const auto count =
      static_cast<std::uint16_t>(std::clamp<int>(prefetch, 1, std::numeric_limits<std::uint16_t>::max()));
  amqp_basic_qos(state_.get(), kConsumeChannel, /*prefetch_size=*/0, count, /*global=*/0);
  status = StatusOfReply("setting the prefetch", amqp_get_rpc_reply(state_.get()));
  if (!status.ok()) return status;
  amqp_basic_consume(state_.get(), kConsumeChannel, AmqpBytes(queue), amqp_empty_bytes, /*no_local=*/0, /*no_ack=*/0,
                     /*exclusive=*/0, amqp_empty_table);
  return StatusOfReply(absl::StrCat("consuming from queue ", queue), amqp_get_rpc_reply(state_.get()));
}

absl::Status Connection::Ack(std::uint64_t tag) {
  const int sent = amqp_basic_ack(state_.get(), kConsumeChannel, tag, /*multiple=*/0);
  return LibraryError(absl::StrCat("acking at ", where_), sent);
}

void Connection::OnDeliver(const amqp_basic_deliver_t& deliver) {
  arriving_ = std::make_unique<Arriving>();
  arriving_->delivery.tag = deliver.delivery_tag;
  arriving_->delivery.exchange = ViewOf(deliver.exchange);
  arriving_->delivery.routing_key = ViewOf(deliver.routing_key);
}

void Connection::OnDeliveryContent(const amqp_frame_t& frame, ConnectionListener& listener) {
  if (!arriving_) return;
  Delivery& delivery = arriving_->delivery;
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const auto* properties = static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    delivery.properties = ViewOf(frame.payload.properties.raw);
    if ((properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0) {
      delivery.correlation_id = ViewOf(properties->correlation_id);
    }
    if ((properties->_flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
      ReadHeaders(properties->headers, delivery);
    }
    arriving_->body_left = frame.payload.properties.body_size;
    arriving_->header_seen = true;
  } else if (arriving_->header_seen) {
    delivery.body += ViewOf(frame.payload.body_fragment);
    arriving_->body_left -= std::min<std::uint64_t>(arriving_->body_left, frame.payload.body_fragment.len);
  }
  if (!arriving_->header_seen || arriving_->body_left > 0) return;
  const std::unique_ptr<Arriving> complete = std::move(arriving_);
  listener.OnDelivery(std::move(complete->delivery));
}

}  // namespace logistics::messaging
