#include "messaging/amqp/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "absl/strings/str_cat.h"

namespace logistics::messaging {

absl::StatusOr<amqp_socket_t*> NewTlsSocket(amqp_connection_state_t connection, const BrokerOptions& options,
                                            const std::string& host) {
  amqp_socket_t* const socket = amqp_ssl_socket_new(connection);
  if (socket == nullptr) return absl::UnavailableError("out of memory for a TLS socket");
  amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
  amqp_ssl_socket_set_verify_peer(socket, options.tls_verify ? 1 : 0);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  if (!options.tls_verify) return socket;

  auto* const context = static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket));
  if (options.tls_ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (amqp_ssl_socket_set_cacert(socket, options.tls_ca_file.c_str()) != AMQP_STATUS_OK) {
    return absl::InvalidArgumentError(absl::StrCat("broker.tls_ca_file: cannot read ", options.tls_ca_file));
  }
  X509_VERIFY_PARAM* const verify = SSL_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size());
  }
  return socket;
}

}  // namespace logistics::messaging
