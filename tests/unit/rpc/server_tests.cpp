#include "rpc/server/server.hpp"

#include <gmock/gmock.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/rpc_method.h>
#include <grpcpp/impl/codegen/sync_stream.h>

#include <string>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;

constexpr int kServing = 1;
constexpr int kNotServing = 2;

class ServerTest : public ServerFixture {
 protected:
  // grpc.health.v1 without its .proto: HealthCheckRequest is {1 service string} like GetOrderRequest, and
  // HealthCheckResponse is {1 status enum}, a varint like ListOrdersRequest's page.
  using HealthRequest = ::order::GetOrderRequest;
  using HealthResponse = ::order::ListOrdersRequest;

  grpc::Status Check(const std::string& service, int& answer) {
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC,
                                           channel_);
    HealthRequest request;
    request.set_order_id(service);
    HealthResponse response;
    grpc::ClientContext context;
    const grpc::Status status = grpc::internal::BlockingUnaryCall(channel_.get(), method, &context, request, &response);
    answer = response.page();
    return status;
  }

  int Health(const std::string& service) {
    int answer = 0;
    const grpc::Status status = Check(service, answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return answer;
  }
};

TEST_F(ServerTest, Health_FollowsSetServing) {
  Start();
  for (const char* service : {"", "order.OrderService", "inventory.InventoryService"}) {
    EXPECT_EQ(Health(service), kNotServing) << service;
  }
  server_->SetServing(true);
  for (const char* service : {"", "order.OrderService", "inventory.InventoryService"}) {
    EXPECT_EQ(Health(service), kServing) << service;
  }
  server_->SetServing(false);
  EXPECT_EQ(Health("order.OrderService"), kNotServing);
  EXPECT_EQ(Health("liveness"), kServing);
  int answer = 0;
  EXPECT_EQ(Check("shipment.ShipmentService", answer).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, PortTaken_IsRefusedNamingHostAndPort) {
  Start();
  ServerOptions same = options_;
  same.port = port_;
  service::CallQueue tasks;
  Server second(same, {tasks}, orders_service_, *order_updates_, &inventory_service_, &stock_updates_, ids_, clock_,
                metrics_, log_);
  EXPECT_THAT(second.Start(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr(absl::StrCat("127.0.0.1:", port_))));
}

TEST_F(ServerTest, Shutdown_LetsARunningCallFinishAndRefusesNewOnes) {
  Start();
  gate_.Close();
  std::thread running([this] {
    grpc::ClientContext context;
    EXPECT_EQ(Get(kUnknownId, context).error_code(), grpc::StatusCode::NOT_FOUND);
  });
  gate_.WaitForWaiting(1);
  std::thread stopping([this] { server_->Shutdown(absl::Now() + absl::Hours(1)); });

  // Refused once the drain has begun; a call that comes before waits at the gate and is cut by its deadline.
  grpc::Status refused;
  do {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(200)));
    refused = Get(kUnknownId, context);
  } while (refused.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(refused).has_value());

  gate_.Open();
  running.join();
  stopping.join();
}

TEST_F(ServerTest, Shutdown_CancelsWhatRunsAtTheDeadline) {
  Start();
  gate_.Close();
  std::thread running([this] {
    grpc::ClientContext context;
    EXPECT_FALSE(Get(kUnknownId, context).ok());
    gate_.Open();  // the caller has its status before the handler has ended
  });
  gate_.WaitForWaiting(1);
  server_->Shutdown(absl::Now());
  running.join();
}

TEST_F(ServerTest, Shutdown_IsNotHeldUpByAHealthWatcher) {
  Start();
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Watch", grpc::internal::RpcMethod::SERVER_STREAMING,
                                         channel_);
  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReader<HealthResponse>> watcher(
      grpc::internal::ClientReaderFactory<HealthResponse>::Create(channel_.get(), method, &context, HealthRequest()));
  HealthResponse state;
  ASSERT_TRUE(watcher->Read(&state));
  EXPECT_EQ(state.page(), kNotServing);
  server_->Shutdown(absl::Now() + absl::Hours(1));
  while (watcher->Read(&state)) {
  }
  EXPECT_FALSE(watcher->Finish().ok());
}

TEST_F(ServerTest, Shutdown_Twice_DoesNothingMore) {
  Start();
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  server_->SetServing(true);
}

TEST_F(ServerTest, MessageOverTheLimit_IsRefused) {
  options_.message_bytes_max = 1024;
  Start();
  ::order::CreateOrderRequest request = OrderOf("sku-1", 1, 1);
  request.set_notes(std::string(4096, 'n'));
  ::order::OrderResponse order;
  grpc::ClientContext context;
  EXPECT_EQ(orders_->CreateOrder(&context, request, &order).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace logistics::rpc
