// The server as grpcurl meets it: lists the services, describes each, builds its messages and calls it, with nothing
// but what reflection says. In both versions.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>

#include <set>

#include "fakes/eventually.hpp"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "unit/rpc/raw_client.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using fakes::Eventually;
using google::protobuf::FileDescriptorProto;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

struct V1 {
  using Service = ::grpc::reflection::v1::ServerReflection;
  using Request = ::grpc::reflection::v1::ServerReflectionRequest;
  using Response = ::grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  using Service = ::grpc::reflection::v1alpha::ServerReflection;
  using Request = ::grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = ::grpc::reflection::v1alpha::ServerReflectionResponse;
};

template <typename Version>
class ReflectionTest : public ServerFixture {
 protected:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  void SetUp() override {
    Start();
    stub_ = Version::Service::NewStub(channel_);
    stream_ = stub_->ServerReflectionInfo(&context_);
  }
  void TearDown() override {
    stream_->WritesDone();
    EXPECT_TRUE(stream_->Finish().ok());
    ServerFixture::TearDown();
  }
  Response Ask(const Request& request) {
    Response response;
    EXPECT_TRUE(stream_->Write(request) && stream_->Read(&response));
    return response;
  }
  std::vector<std::string> List() {
    Request request;
    request.set_list_services("*");
    std::vector<std::string> names;
    const Response response = Ask(request);
    for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
    return names;
  }
  // Adds the files of an answer, each once.
  void Take(const Response& response) {
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      if (!files_.insert(file.name()).second) continue;
      ASSERT_TRUE(database_.Add(file));
    }
  }
  const google::protobuf::ServiceDescriptor* Describe(const std::string& service) {
    Request request;
    request.set_file_containing_symbol(service);
    Take(Ask(request));
    return pool_.FindServiceByName(service);
  }

  grpc::ClientContext context_;
  std::unique_ptr<typename Version::Service::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
  std::set<std::string> files_;
  google::protobuf::SimpleDescriptorDatabase database_;
  google::protobuf::DescriptorPool pool_{&database_};
  google::protobuf::DynamicMessageFactory messages_{&pool_};
};

using Versions = testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(ReflectionTest, Versions);

TYPED_TEST(ReflectionTest, ListsEveryServiceOfThePort) {
  EXPECT_THAT(this->List(), ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                        "grpc.reflection.v1alpha.ServerReflection", "inventory.InventoryService",
                                        "logistics.admin.AdminService", "order.OrderService"));
}

TYPED_TEST(ReflectionTest, EveryMethodOfEveryListedService_CanBeDescribedAndCalled) {
  std::size_t methods = 0;
  for (const std::string& name : this->List()) {
    const google::protobuf::ServiceDescriptor* const service = this->Describe(name);
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i, ++methods) {
      const google::protobuf::MethodDescriptor& method = *service->method(i);
      const std::string path = "/" + name + "/" + method.name();
      ASSERT_NE(this->messages_.GetPrototype(method.input_type()), nullptr) << path;
      grpc::ClientContext context;
      if (method.client_streaming()) continue;  // reflection itself, which answers here
      if (method.server_streaming()) {
        EXPECT_NE(StreamRaw(*this->channel_, path, "", context, true).error_code(), grpc::StatusCode::UNIMPLEMENTED);
        continue;
      }
      std::string bytes;
      const grpc::Status status = CallRaw(*this->channel_, path, "", context, &bytes);
      EXPECT_NE(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << path;
      const std::unique_ptr<google::protobuf::Message> answer(
          this->messages_.GetPrototype(method.output_type())->New());
      EXPECT_TRUE(answer->ParseFromString(bytes)) << path;
    }
  }
  EXPECT_GT(methods, 15U);
}

TYPED_TEST(ReflectionTest, HealthCheck_CanBeCalledByWhatReflectionSays) {
  const auto* const service = this->Describe("grpc.health.v1.Health");
  ASSERT_NE(service, nullptr);
  const std::unique_ptr<google::protobuf::Message> request(
      this->messages_.GetPrototype(service->FindMethodByName("Check")->input_type())->New());
  const auto* const field = request->GetDescriptor()->FindFieldByName("service");
  request->GetReflection()->SetString(request.get(), field, "liveness");
  std::string bytes;
  grpc::ClientContext context;
  ASSERT_TRUE(
      CallRaw(*this->channel_, "/grpc.health.v1.Health/Check", request->SerializeAsString(), context, &bytes).ok());
  const std::unique_ptr<google::protobuf::Message> answer(
      this->messages_.GetPrototype(service->FindMethodByName("Check")->output_type())->New());
  ASSERT_TRUE(answer->ParseFromString(bytes));
  const auto* const status = answer->GetDescriptor()->FindFieldByName("status");
  EXPECT_EQ(answer->GetReflection()->GetEnum(*answer, status)->name(), "SERVING");
}

TYPED_TEST(ReflectionTest, FilesByName_ComeWithTheirImports) {
  typename TypeParam::Request request;
  request.set_file_by_filename("order.proto");
  this->Take(this->Ask(request));
  EXPECT_THAT(this->files_, UnorderedElementsAre("order.proto", "google/protobuf/timestamp.proto"));
}

TYPED_TEST(ReflectionTest, Streams_AreCountedAsStreamsByTheirEnd) {
  const std::string package = TypeParam::Request::descriptor()->file()->package();
  const std::string method = "{method=" + package + ".ServerReflection/ServerReflectionInfo";
  EXPECT_THAT(this->List(), testing::SizeIs(6));
  EXPECT_EQ(this->metrics_.Value("logistics_rpc_streams" + method + "}"), 1);
  {
    grpc::ClientContext context;
    const auto stream = this->stub_->ServerReflectionInfo(&context);
    typename TypeParam::Request request;
    typename TypeParam::Response response;
    request.set_list_services("*");
    EXPECT_TRUE(stream->Write(request) && stream->Read(&response));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  const auto count = [&](const std::string& code) {
    return this->metrics_.Value("logistics_rpc_total{code=" + code + ",method=" + method.substr(8) + "}");
  };
  EXPECT_TRUE(Eventually([&] { return count("CANCELLED") == 1; }));
  grpc::ClientContext context;
  const auto stream = this->stub_->ServerReflectionInfo(&context);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Eventually([&] { return count("OK") == 1; }));
  EXPECT_EQ(count("CANCELLED"), 1);
  EXPECT_EQ(this->metrics_.Value("logistics_rpc_seconds" + method + "}"), -1) << "being open is no latency";
}

TYPED_TEST(ReflectionTest, WhatIsNotThere_IsAnAnswerOfItsOwnAndTheStreamGoesOn) {
  typename TypeParam::Request request;
  request.set_file_containing_symbol("nobody.Service");
  EXPECT_EQ(this->Ask(request).error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_file_by_filename("nobody.proto");
  EXPECT_EQ(this->Ask(request).error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  request.mutable_file_containing_extension()->set_containing_type("order.OrderItem");
  EXPECT_EQ(this->Ask(request).error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_all_extension_numbers_of_type("order.OrderItem");
  EXPECT_EQ(this->Ask(request).all_extension_numbers_response().base_type_name(), "order.OrderItem");
  request.Clear();
  EXPECT_EQ(this->Ask(request).error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(this->List(), testing::SizeIs(6));
}

}  // namespace
}  // namespace logistics::rpc
