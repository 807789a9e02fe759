#include "rpc/server/health_probe.hpp"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/server/address.hpp"

namespace logistics::rpc {
namespace {

// On the wire HealthCheckRequest is {1: service, a string; empty: the server as a whole} and HealthCheckResponse is
// {1: status, a varint}, as are these two messages of protobuf's own.
using CheckRequest = google::protobuf::StringValue;
using CheckResponse = google::protobuf::Int32Value;
constexpr char kCheckMethod[] = "/grpc.health.v1.Health/Check";
constexpr int kSaysServing = 1;

grpc::Status AskHealth(const std::string& address, absl::Duration timeout, CheckResponse& response) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  grpc::TemplatedGenericStub<CheckRequest, CheckResponse> stub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, kCheckMethod, CheckRequest(), &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool done = false;
  queue.Next(&tag, &done);  // by the deadline at the latest
  queue.Shutdown();
  while (queue.Next(&tag, &done)) {
  }
  return status;
}

std::string StateName(int state) {
  switch (state) {
    case 0:
      return "UNKNOWN";
    case 2:
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
  CheckResponse response;
  const grpc::Status status = AskHealth(address, timeout, response);
  if (status.ok()) {
    if (response.value() == kSaysServing) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(address, " says ", StateName(response.value())));
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
