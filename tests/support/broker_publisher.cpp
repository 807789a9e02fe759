#include "support/broker_publisher.hpp"

#include <cstdint>
#include <set>
#include <stdexcept>

#include "absl/time/time.h"
#include "support/amqp_client.hpp"

namespace logistics::support {
namespace {

// Unconfirmed at once.
constexpr std::size_t kWindow = 200;
constexpr absl::Duration kConfirmTimeout = absl::Seconds(20);

}  // namespace

struct TestPublisher::Impl {
  explicit Impl(const std::string& url) : client(url) {}
  AmqpClient client;
  std::uint64_t sent = 0;
  std::set<std::uint64_t> unconfirmed;  // by their delivery tags
};

TestPublisher::TestPublisher(const std::string& url) : impl_(std::make_unique<Impl>(url)) {
  amqp_confirm_select(impl_->client.connection(), AmqpClient::kChannel);
  impl_->client.MustSucceed("asking for confirms");
}

TestPublisher::~TestPublisher() = default;

void TestPublisher::Publish(const std::vector<OutgoingMessage>& messages) {
  for (const OutgoingMessage& message : messages) {
    Send(message);
    if (impl_->unconfirmed.size() >= kWindow) AwaitConfirms();
  }
  AwaitConfirms();
}

void TestPublisher::Send(const OutgoingMessage& message) {
  amqp_basic_properties_t properties{};
  properties._flags =
      AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.message_id = BytesOf(message.message_id);
  properties.type = BytesOf(message.type);
  const int sent = amqp_basic_publish(impl_->client.connection(), AmqpClient::kChannel, BytesOf(message.exchange),
                                      BytesOf(message.routing_key), /*mandatory=*/1, /*immediate=*/0, &properties,
                                      BytesOf(message.body));
  if (sent != AMQP_STATUS_OK) throw std::runtime_error(std::string("publishing: ") + amqp_error_string2(sent));
  impl_->unconfirmed.insert(++impl_->sent);
}

void TestPublisher::AwaitConfirms() {
  while (!impl_->unconfirmed.empty()) {
    amqp_connection_state_t const connection = impl_->client.connection();
    amqp_maybe_release_buffers(connection);
    amqp_frame_t frame;
    const timeval timeout = absl::ToTimeval(kConfirmTimeout);
    const int read = amqp_simple_wait_frame_noblock(connection, &frame, &timeout);
    if (read != AMQP_STATUS_OK) throw std::runtime_error(std::string("no confirm: ") + amqp_error_string2(read));
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
      // Returned, refused, or the channel is closed.
      throw std::runtime_error("a message was not taken by a queue");
    }
    const auto& ack = *static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
    auto& unconfirmed = impl_->unconfirmed;
    const auto first = ack.multiple != 0 ? unconfirmed.begin() : unconfirmed.lower_bound(ack.delivery_tag);
    unconfirmed.erase(first, unconfirmed.upper_bound(ack.delivery_tag));
  }
}

}  // namespace logistics::support
