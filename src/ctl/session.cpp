#include "ctl/session.hpp"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/time/clock.h"
#include "ctl/failure.hpp"

namespace logistics::ctl {
namespace {

constexpr char kCorrelationIdKey[] = "x-correlation-id";

std::shared_ptr<grpc::Channel> Connect(const SessionOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);  // a page of large orders is more than the default of 4 MiB
  arguments.SetUserAgentPrefix("logisticsctl/" LOGISTICS_VERSION);
  return grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments);
}

// A reader that went away (| head) is no failure of ours; a full disk is.
int Write(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written || errno == EPIPE) return kExitOk;
  std::fprintf(stderr, "cannot write the answer: %s\n", std::strerror(errno));
  return kExitRefused;
}

}  // namespace

Session::Session(const SessionOptions& options) : options_(options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options);
  orders_ = ::order::OrderService::NewStub(channel);
  inventory_ = ::inventory::InventoryService::NewStub(channel);
  admin_ = ::logistics::admin::AdminService::NewStub(channel);
}

int Session::Call(const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
  if (!options_.correlation_id.empty()) context.AddMetadata(kCorrelationIdKey, options_.correlation_id);
  const grpc::Status status = call(context);
  if (status.ok()) return kExitOk;
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto found = trailing.find(kCorrelationIdKey);
  const Failure failure{.status = status,
                        .address = options_.address,
                        .correlation_id = found == trailing.end()
                                              ? std::string()
                                              : std::string(found->second.data(), found->second.size())};
  std::fputs(Describe(failure).c_str(), stderr);
  return ExitCodeOf(status);
}

int Session::Answer(const google::protobuf::Message& message, const std::function<std::string()>& human) {
  if (!options_.json) return Write(human());
  google::protobuf::util::JsonPrintOptions print;
  print.add_whitespace = true;
  print.preserve_proto_field_names = true;     // the names of the .proto files
  print.always_print_primitive_fields = true;  // a script finds every field
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, print);
  if (!status.ok()) {
    std::fprintf(stderr, "the answer cannot be written as JSON: %s\n", status.ToString().c_str());
    return kExitRefused;
  }
  return Write(text);
}

int UsageError(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return kExitUsage;
}

}  // namespace logistics::ctl
