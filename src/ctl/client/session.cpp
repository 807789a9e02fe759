#include "ctl/client/session.hpp"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/time/clock.h"
#include "ctl/client/failure.hpp"

namespace logistics::ctl {
namespace {

constexpr char kCorrelationIdKey[] = "x-correlation-id";

constexpr int kKeepaliveTimeMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kConnectTimeoutMs = 5'000;
constexpr int kReconnectMinMs = 100;
constexpr int kReconnectMaxMs = 5'000;

std::shared_ptr<grpc::Channel> Connect(const SessionOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // http_proxy is not for servers of the mesh
  arguments.SetMaxReceiveMessageSize(-1);           // a page of large orders is more than the default of 4 MiB
  // These show a stream that its server is gone, and connect it again soon.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMinMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  arguments.SetUserAgentPrefix("logisticsctl/" LOGISTICS_VERSION);
  return grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Written WriteOut(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return Written::kAll;
  if (errno == EPIPE) return Written::kReaderGone;
  std::fprintf(stderr, "cannot write the answer: %s\n", std::strerror(errno));
  return Written::kFailed;
}

int WriteAnswer(const std::string& text) { return WriteOut(text) == Written::kFailed ? kExitRefused : kExitOk; }

Session::Session(const SessionOptions& options) : options_(options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options);
  orders_ = ::order::OrderService::NewStub(channel);
  inventory_ = ::inventory::InventoryService::NewStub(channel);
  admin_ = ::logistics::admin::AdminService::NewStub(channel);
}

int Session::Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
  Prepare(context);
  const grpc::Status status = call(context);
  return status.ok() ? kExitOk : Fail(context, status);
}

void Session::Prepare(grpc::ClientContext& context) const {
  if (!options_.correlation_id.empty()) context.AddMetadata(kCorrelationIdKey, options_.correlation_id);
}

Failure Session::FailureOf(const grpc::ClientContext& context, const grpc::Status& status) const {
  return {.status = status, .address = options_.address, .correlation_id = TrailingValue(context, kCorrelationIdKey)};
}

int Session::Fail(const grpc::ClientContext& context, const grpc::Status& status) const {
  std::fputs(Describe(FailureOf(context, status)).c_str(), stderr);
  return ExitCodeOf(status);
}

int Session::Answer(const google::protobuf::Message& message, const std::function<std::string()>& human) {
  // A reader that is gone (| head) is no failure; a full disk is.
  return Print(message, /*whitespace=*/true, human) == Written::kFailed ? kExitRefused : kExitOk;
}

Written Session::Show(const google::protobuf::Message& message, const std::function<std::string()>& human) {
  return Print(message, /*whitespace=*/false, human);
}

Written Session::Print(const google::protobuf::Message& message, bool whitespace,
                       const std::function<std::string()>& human) {
  if (!options_.json) return WriteOut(human());
  google::protobuf::util::JsonPrintOptions print;
  print.add_whitespace = whitespace;
  print.preserve_proto_field_names = true;     // the names of the .proto files
  print.always_print_primitive_fields = true;  // a script finds every field
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, print);
  if (!status.ok()) {
    std::fprintf(stderr, "the answer cannot be written as JSON: %s\n", status.ToString().c_str());
    return Written::kFailed;
  }
  if (!whitespace) text += "\n";
  return WriteOut(text);
}

std::string TrailingValue(const grpc::ClientContext& context, const std::string& key) {
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto found = trailing.find(key);
  return found == trailing.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

int UsageError(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return kExitUsage;
}

}  // namespace logistics::ctl
