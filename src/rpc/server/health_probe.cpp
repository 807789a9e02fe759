#include "rpc/server/health_probe.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/server/address.hpp"

namespace logistics::rpc {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

grpc::Status AskHealth(const std::string& address, absl::Duration timeout, HealthCheckResponse& response) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = Health::NewStub(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  return stub->Check(&context, HealthCheckRequest(), &response);
}

std::string StateName(int state) {
  switch (state) {
    case HealthCheckResponse::UNKNOWN:
      return "UNKNOWN";
    case HealthCheckResponse::NOT_SERVING:
      return "NOT_SERVING";
    default:
      return absl::StrCat("state ", state);
  }
}

}  // namespace

std::string ProbeAddress(const ServerOptions& options) {
  std::string host = options.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::" || host == "[::]") host = "::1";
  return JoinHostPort(host, options.port);
}

absl::Status ProbeHealth(const std::string& address, absl::Duration timeout) {
  HealthCheckResponse response;
  const grpc::Status status = AskHealth(address, timeout, response);
  if (status.ok()) {
    if (response.status() == HealthCheckResponse::SERVING) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(address, " says ", StateName(response.status())));
  }
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::UnavailableError(absl::StrCat(address, " does not answer within ", absl::FormatDuration(timeout)));
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnavailableError(
          absl::StrCat(address, " speaks gRPC but not grpc.health.v1, so it is not this daemon"));
    default:
      // The text comes from outside; escaped it stays one line.
      return absl::UnavailableError(
          absl::StrCat(address, " cannot be checked: ", absl::Utf8SafeCEscape(status.error_message())));
  }
}

}  // namespace logistics::rpc
