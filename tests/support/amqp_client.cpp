#include "support/amqp_client.hpp"

#include <stdexcept>

#include "absl/time/time.h"

#if __has_include(<rabbitmq-c/tcp_socket.h>)
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp_tcp_socket.h>
#endif

namespace logistics::support {
namespace {

constexpr int kFrameBytesMax = 131'072;
constexpr absl::Duration kAnswerTimeout = absl::Seconds(30);

[[noreturn]] void FailAs(amqp_connection_state_t connection, const std::string& what) {
  amqp_destroy_connection(connection);
  throw std::runtime_error("test's client of the broker: " + what);
}

}  // namespace

AmqpClient::AmqpClient(const std::string& url) : connection_(amqp_new_connection()) {
  std::string writable = url;
  amqp_connection_info info;
  if (amqp_parse_url(writable.data(), &info) != AMQP_STATUS_OK) FailAs(connection_, "bad URL");
  amqp_socket_t* const socket = amqp_tcp_socket_new(connection_);
  if (amqp_socket_open(socket, info.host, info.port) != AMQP_STATUS_OK) FailAs(connection_, "no connection");
  const timeval timeout = absl::ToTimeval(kAnswerTimeout);
  amqp_set_rpc_timeout(connection_, &timeout);
  const amqp_rpc_reply_t login =
      amqp_login(connection_, info.vhost, 0, kFrameBytesMax, 0, AMQP_SASL_METHOD_PLAIN, info.user, info.password);
  if (login.reply_type != AMQP_RESPONSE_NORMAL) FailAs(connection_, "no login");
  amqp_channel_open(connection_, kChannel);
  if (amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL) FailAs(connection_, "no channel");
}

AmqpClient::~AmqpClient() {
  amqp_connection_close(connection_, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection_);
}

void AmqpClient::MustSucceed(const std::string& doing) const {
  if (amqp_get_rpc_reply(connection_).reply_type == AMQP_RESPONSE_NORMAL) return;
  throw std::runtime_error("test's client of the broker: " + doing + " failed");
}

}  // namespace logistics::support
