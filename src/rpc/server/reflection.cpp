#include "rpc/server/reflection.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "logistics/domain/validation.hpp"
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

constexpr char kV1Path[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr char kV1AlphaPath[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
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

// One stream of questions and answers. Owns itself until gRPC is done with it.
class ReflectionStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  ReflectionStream(const std::vector<std::string>& services, CallRuntime& runtime, StreamMethod& method,
                   grpc::CallbackServerContext& context)
      : services_(services),
        runtime_(runtime),
        method_(method),
        begun_(std::chrono::steady_clock::now()),
        correlation_id_(TakeCorrelationId(context, runtime.ids())) {
    method_.CountBegin();
    StartRead(&request_bytes_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(absl::OkStatus());
    ServerReflectionRequest request;
    if (const absl::Status read = ReadRequest(request_bytes_, kRequestBytesMax, request); !read.ok()) return End(read);
    response_bytes_.Clear();  // of the answer before, which is sent
    bool own = false;
    const grpc::Status written = grpc::SerializationTraits<ServerReflectionResponse>::Serialize(
        AnswerTo(request, services_), &response_bytes_, &own);
    if (!written.ok()) return End(absl::InternalError(written.error_message()));
    StartWrite(&response_bytes_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller is gone"));
    StartRead(&request_bytes_);
  }
  void OnCancel() override { cancelled_ = true; }
  // Only now it is certain whether the caller has ended its questions or is gone: reads end alike.
  void OnDone() override {
    if (cancelled_ && end_.ok()) end_ = absl::CancelledError("the caller is gone, or its deadline has passed");
    const grpc::StatusCode code = ToGrpcStatus(end_, correlation_id_).error_code();
    method_.CountEnd(code);
    runtime_.Log({end_, code, method_.name(), std::chrono::steady_clock::now() - begun_, correlation_id_, ""});
    delete this;
  }

 private:
  void End(const absl::Status& status) {
    end_ = status;
    Finish(ToGrpcStatus(status, correlation_id_));
  }

  const std::vector<std::string>& services_;
  CallRuntime& runtime_;
  StreamMethod& method_;
  const std::chrono::steady_clock::time_point begun_;
  const std::string correlation_id_;
  grpc::ByteBuffer request_bytes_;
  grpc::ByteBuffer response_bytes_;
  absl::Status end_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace

Reflection::Reflection(std::vector<std::string> services, CallRuntime& runtime)
    : services_(std::move(services)),
      runtime_(runtime),
      v1_(kV1Path + 1, runtime.metrics()),
      v1alpha_(kV1AlphaPath + 1, runtime.metrics()) {
  for (const Descriptor* message :
       {::grpc::health::v1::HealthCheckRequest::descriptor(), ServerReflectionRequest::descriptor(),
        ::grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()}) {
    services_.push_back(ServiceOf(message));
  }
  std::sort(services_.begin(), services_.end());
  Serve(v1_, kV1Path);
  Serve(v1alpha_, kV1AlphaPath);
}

void Reflection::Serve(StreamMethod& method, const char* path) {
  auto added =
      std::make_unique<grpc::internal::RpcServiceMethod>(path, grpc::internal::RpcMethod::BIDI_STREAMING, nullptr);
  added->SetServerApiType(grpc::internal::RpcServiceMethod::ApiType::CALL_BACK);
  added->SetHandler(new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
      [this, &method](grpc::CallbackServerContext* context) {
        return new ReflectionStream(services_, runtime_, method, *context);
      }));
  AddMethod(added.release());
}

}  // namespace logistics::rpc
