#include "rpc/server/reflection.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "logistics/domain/validation.hpp"
#include "rpc/call/byte_call.hpp"
#include "rpc/call/request_bytes.hpp"
#include "rpc/call/status_mapping.hpp"

namespace logistics::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

constexpr char kRpc[] = "ServerReflectionInfo";
constexpr int kRequestBytesMax = 16 * 1024;  // names of types and files

// Asking for the descriptor links it in.
std::string ServiceOf(const Descriptor* message) { return message->file()->service(0)->full_name(); }

void SetNotFound(const std::string& what, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response.mutable_error_response()->set_error_message(absl::StrCat(domain::Quoted(what), " is not known here"));
}

// The file and all that it imports, each once; imports come behind what imports them.
void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>& added,
             ::grpc::reflection::v1::FileDescriptorResponse& files) {
  if (!added.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  files.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), added, files);
}

void FillFile(const FileDescriptor* file, const std::string& what, ServerReflectionResponse& response) {
  if (file == nullptr) return SetNotFound(what, response);
  std::set<const FileDescriptor*> added;
  AddFile(*file, added, *response.mutable_file_descriptor_response());
}

void FillExtension(const ::grpc::reflection::v1::ExtensionRequest& wanted, ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const Descriptor* const type = pool.FindMessageTypeByName(wanted.containing_type());
  const FieldDescriptor* const extension =
      type == nullptr ? nullptr : pool.FindExtensionByNumber(type, wanted.extension_number());
  FillFile(extension == nullptr ? nullptr : extension->file(),
           absl::StrCat(wanted.containing_type(), " extension ", wanted.extension_number()), response);
}

void FillExtensionNumbers(const std::string& name, ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const Descriptor* const type = pool.FindMessageTypeByName(name);
  if (type == nullptr) return SetNotFound(name, response);
  std::vector<const FieldDescriptor*> extensions;
  pool.FindAllExtensions(type, &extensions);
  response.mutable_all_extension_numbers_response()->set_base_type_name(name);
  for (const FieldDescriptor* extension : extensions) {
    response.mutable_all_extension_numbers_response()->add_extension_number(extension->number());
  }
}

ServerReflectionResponse AnswerTo(const ServerReflectionRequest& request, const std::vector<std::string>& services) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      FillFile(pool.FindFileByName(request.file_by_filename()), request.file_by_filename(), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      FillFile(pool.FindFileContainingSymbol(request.file_containing_symbol()), request.file_containing_symbol(),
               response);
      break;
    case ServerReflectionRequest::kFileContainingExtension:
      FillExtension(request.file_containing_extension(), response);
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      FillExtensionNumbers(request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const std::string& service : services)
        response.mutable_list_services_response()->add_service()->set_name(service);
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message("message_request is not set");
      break;
  }
  return response;
}

// One stream of questions and answers. Answers are made on the pool: they copy and serialize whole files.
class ReflectionCall final : public ByteCall {
 public:
  ReflectionCall(const std::vector<std::string>& services, CallRuntime& runtime, StreamMethod& method)
      : services_(services), runtime_(runtime), method_(method) {}

 private:
  void OnBegin() override {
    begun_ = std::chrono::steady_clock::now();
    correlation_id_ = TakeCorrelationId(context(), runtime_.ids());
    method_.CountBegin();
    Read();
  }
  void OnRead(grpc::ByteBuffer* message) override {
    if (message == nullptr) return End(absl::OkStatus());
    ServerReflectionRequest request;
    if (const absl::Status read = ReadRequest(*message, kRequestBytesMax, request); !read.ok()) return End(read);
    const absl::Status taken = runtime_.RunOnPool([this, self = shared_from_this(), request = std::move(request)] {
      Write(BytesOf(AnswerTo(request, services_)));
    });
    if (!taken.ok()) End(taken);
  }
  void OnWritten(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller is gone"));
    Read();
  }
  void OnGone() override { gone_ = true; }
  // Only now it is certain whether the caller has ended its questions or is gone: reads end alike.
  void OnDone() override {
    if (gone_ && end_.ok()) end_ = absl::CancelledError("the caller is gone, or its deadline has passed");
    const grpc::StatusCode code = ToGrpcStatus(end_, correlation_id_).error_code();
    method_.CountEnd(code);
    runtime_.Log({end_, code, method_.name(), std::chrono::steady_clock::now() - begun_, correlation_id_, ""});
  }
  void End(const absl::Status& status) {
    end_ = status;
    Finish(ToGrpcStatus(status, correlation_id_));
  }

  const std::vector<std::string>& services_;
  CallRuntime& runtime_;
  StreamMethod& method_;
  std::chrono::steady_clock::time_point begun_;
  std::string correlation_id_;
  absl::Status end_;
  bool gone_ = false;
};

}  // namespace

Reflection::Reflection(const std::string& version, std::vector<std::string> services, CallRuntime& runtime)
    : CallService(absl::StrCat("grpc.reflection.", version, ".ServerReflection"), runtime),
      services_(std::move(services)),
      method_(absl::StrCat("grpc.reflection.", version, ".ServerReflection/", kRpc), runtime.metrics()) {
  for (const Descriptor* message :
       {::grpc::health::v1::HealthCheckRequest::descriptor(), ServerReflectionRequest::descriptor(),
        ::grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()}) {
    services_.push_back(ServiceOf(message));
  }
  std::sort(services_.begin(), services_.end());
  Streaming(kRpc, [this] { return std::make_shared<ReflectionCall>(services_, this->runtime(), method_); });
}

}  // namespace logistics::rpc
