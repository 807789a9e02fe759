// The peer as a server: contract §2, points 8, 9 and 14.
#include <grpc/support/log.h>

#include <mutex>

#include "e2e/raw_call.hpp"
#include "integration/peer/peer_fixture.hpp"

namespace logistics::peer {
namespace {

using support::PeerSwitch;
using testing::HasSubstr;

using ConnectionTest = PeerTest;

// The call itself only says UNAVAILABLE; why, gRPC says in its log.
std::mutex log_mutex;
std::string grpc_log;  // guarded by log_mutex

void KeepLog(gpr_log_func_args* entry) {
  const std::lock_guard<std::mutex> lock(log_mutex);
  grpc_log += std::string(entry->message) + "\n";
}

TEST_F(ConnectionTest, Point8_HasReflection) {
  // ServerReflectionRequest{list_services: ""}
  const std::string services = e2e::RawStream(
      channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x00", 2));
  EXPECT_THAT(services, HasSubstr("inventory.InventoryService"));
  EXPECT_THAT(services, testing::Not(HasSubstr("grpc.health")));
}

TEST_F(ConnectionTest, Point8_HasNoHealthService) {
  try {
    e2e::RawUnary(channel_, "/grpc.health.v1.Health/Check", "");
    FAIL() << "answered";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown service grpc.health.v1.Health"));
  }
}

TEST_F(ConnectionTest, Point9_CrashInAHandler_EndsTheProcess) {
  PeerSwitch crash = support::Fail("GetInventoryLevels", "");
  crash.action = "crash";
  peer_.Add(crash);
  grpc::ClientContext context;
  SetDeadline(context);
  inventory::GetInventoryLevelsResponse response;
  EXPECT_THAT(stub_->GetInventoryLevels(&context, {}, &response), CodeIs(grpc::StatusCode::UNAVAILABLE));
  const auto ending = peer_.process().Wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->exit_code, 2);  // that of a Go program that panics
  EXPECT_THAT(peer_.process().Log(), HasSubstr("panic"));
}

TEST_F(ConnectionTest, Point14_PingsMoreOftenThanEveryFiveMinutes_GetTheConnectionClosed) {
  gpr_set_log_function(&KeepLog);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 200);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const auto stub = inventory::InventoryService::NewStub(Connect(arguments));
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = stub->StreamInventoryUpdates(&context, {});
  inventory::InventoryUpdateEvent event;
  EXPECT_FALSE(stream->Read(&event));
  EXPECT_THAT(stream->Finish(), CodeIs(grpc::StatusCode::UNAVAILABLE));
  gpr_set_log_function(nullptr);
  const std::lock_guard<std::mutex> lock(log_mutex);
  EXPECT_THAT(grpc_log, HasSubstr("too_many_pings"));
}

}  // namespace
}  // namespace logistics::peer
