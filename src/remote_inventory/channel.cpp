#include "remote_inventory/channel.hpp"

#include <grpc/compression.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "remote_inventory/tcp_keepalive.hpp"

namespace logistics::remote_inventory {
namespace {

int Milliseconds(absl::Duration duration) {
  constexpr std::int64_t kMax = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(absl::ToInt64Milliseconds(duration), 0, kMax));
}

grpc::ChannelArguments Arguments(const PeerUrl& url, const PeerOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("logistics-engine");
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // http_proxy is for the way out of the mesh, not within it
  // Channels of one process share connections otherwise, with their backoff and socket options.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, Milliseconds(options.reconnect_min));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(options.reconnect_max));
  // The name misleads: in gRPC core this limits one try to connect.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(options.connect_timeout));
  // An idle channel would close its connections; ours are watched.
  arguments.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, std::numeric_limits<int>::max());
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  if (options.compression == Compression::kGzip) arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
  if (!url.authority.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, url.authority);
  SetTcpKeepalive(options.tcp_keepalive, arguments);
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const PeerUrl& url, const PeerOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (url.tls) {
    grpc::SslCredentialsOptions tls;  // without authorities: the system's
    if (!options.tls_ca_file.empty()) {
      std::ifstream file(options.tls_ca_file, std::ios::binary);
      tls.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
      if (!file || tls.pem_root_certs.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("inventory.remote.tls_ca_file: cannot read ", options.tls_ca_file));
      }
    }
    credentials = grpc::SslCredentials(tls);
  }
  return grpc::CreateCustomChannel(url.target, credentials, Arguments(url, options));
}

}  // namespace logistics::remote_inventory
