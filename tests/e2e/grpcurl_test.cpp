// The port as people try it by hand: the real grpcurl, which knows of it only what reflection says.
#include <gmock/gmock.h>

#include <sstream>

#include "e2e/world.hpp"
#include "nlohmann/json.hpp"

namespace logistics::e2e {
namespace {

using support::Finished;
using testing::HasSubstr;
using Json = nlohmann::json;

constexpr int kNotFound = 64 + static_cast<int>(grpc::StatusCode::NOT_FOUND);  // how grpcurl exits then

struct Call {
  std::string method;
  std::string request;
  std::string expected;  // in the answer, without blanks
};

Finished Grpcurl(Daemon& daemon, std::vector<std::string> options, const std::vector<std::string>& words) {
  options.insert(options.begin(), {LOGISTICS_BINARY_DIR "/grpcurl", "-plaintext"});
  options.push_back(daemon.address());
  options.insert(options.end(), words.begin(), words.end());
  return support::RunToEnd({options, {}});
}

std::vector<std::string> List(Daemon& daemon) {
  const Finished listed = Grpcurl(daemon, {}, {"list"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  std::istringstream lines(listed.out);
  std::vector<std::string> services;
  for (std::string line; std::getline(lines, line);) services.push_back(line);
  return services;
}

TEST(GrpcurlTest, EveryListedService_IsDescribedAndCalled) {
  const World world;
  Daemon daemon(world.Serve());
  daemon.WaitUntilPublishing();
  const Product product = AddProduct(daemon, 1);
  const std::string itself = R"({"list_services": "*"})";
  const std::string listed = R"({"name":"order.OrderService"})";
  const std::map<std::string, Call> calls = {
      {"grpc.health.v1.Health", {"Check", R"({"service": "order.OrderService"})", R"("status":"SERVING")"}},
      {"grpc.reflection.v1.ServerReflection", {"ServerReflectionInfo", itself, listed}},
      {"grpc.reflection.v1alpha.ServerReflection", {"ServerReflectionInfo", itself, listed}},
      {"inventory.InventoryService", {"ListItems", "{}", R"("sku":")" + product.sku + "\""}},
      {"logistics.admin.AdminService", {"ListWaitingMessages", R"({"limit": 5})", R"("messages":[])"}},
      {"order.OrderService", {"ListOrders", R"({"page_size": 5})", R"("orders":[])"}},
  };

  const std::vector<std::string> services = List(daemon);
  EXPECT_EQ(services.size(), calls.size());
  for (const std::string& service : services) {
    SCOPED_TRACE(service);
    ASSERT_TRUE(calls.contains(service)) << "a call of it is missing here";
    const Call& call = calls.at(service);
    const Finished described = Grpcurl(daemon, {}, {"describe", service});
    EXPECT_EQ(described.exit_code, 0) << described.err;
    EXPECT_THAT(described.out, HasSubstr("rpc " + call.method + " ("));
    const Finished called = Grpcurl(daemon, {"-emit-defaults", "-d", call.request}, {service + "/" + call.method});
    EXPECT_EQ(called.exit_code, 0) << called.err;
    EXPECT_THAT(Json::parse(called.out, nullptr, /*allow_exceptions=*/false).dump(), HasSubstr(call.expected));
  }
  daemon.Stop();
}

TEST(GrpcurlTest, Refusal_IsShownWithCodeAndReason) {
  const World world;
  Daemon daemon(world.Serve());
  daemon.WaitUntilReady();
  const std::string id = NewUuid();
  const Finished unknown = Grpcurl(daemon, {"-d", R"({"order_id": ")" + id + R"("})"}, {"order.OrderService/GetOrder"});
  EXPECT_EQ(unknown.exit_code, kNotFound);
  EXPECT_THAT(unknown.err, HasSubstr("Code: NotFound"));
  EXPECT_THAT(unknown.err, HasSubstr("order " + id + " does not exist"));
  daemon.Stop();
}

}  // namespace
}  // namespace logistics::e2e
