#include "rpc/server/server.hpp"

#include <gmock/gmock.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/rpc_method.h>
#include <grpcpp/impl/codegen/sync_stream.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "fakes/eventually.hpp"
#include "google/rpc/error_details.pb.h"
#include "unit/rpc/details.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;

constexpr int kServing = 1;
constexpr int kNotServing = 2;
constexpr int kServiceUnknown = 3;

// The names of this process's threads.
std::multiset<std::string> ThreadNames() {
  std::multiset<std::string> names;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    names.insert(name);
  }
  return names;
}

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

  using Watcher = std::unique_ptr<grpc::ClientReader<HealthResponse>>;
  Watcher Watch(const std::string& service, grpc::ClientContext& context) {
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Watch", grpc::internal::RpcMethod::SERVER_STREAMING,
                                           channel_);
    HealthRequest request;
    request.set_order_id(service);
    return Watcher(
        grpc::internal::ClientReaderFactory<HealthResponse>::Create(channel_.get(), method, &context, request));
  }
  static int Next(Watcher& watcher) {
    HealthResponse state;
    return watcher->Read(&state) ? state.page() : -1;
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
  grpc::ClientContext context;
  Watcher watcher = Watch("", context);
  ASSERT_EQ(Next(watcher), kNotServing);
  server_->Shutdown(absl::Now() + absl::Hours(1));
  while (Next(watcher) != -1) {
  }
  EXPECT_FALSE(watcher->Finish().ok());
}

TEST_F(ServerTest, HealthWatchers_GetTheStateAndEachChange) {
  Start();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<Watcher> watchers;
  for (const char* service : {"", "order.OrderService", "shipment.ShipmentService"}) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watchers.push_back(Watch(service, *contexts.back()));
  }
  EXPECT_EQ(Next(watchers[0]), kNotServing);
  EXPECT_EQ(Next(watchers[1]), kNotServing);
  EXPECT_EQ(Next(watchers[2]), kServiceUnknown);
  for (const bool serving : {true, true, false, true}) server_->SetServing(serving);
  // States that a reader was too slow for are left out; the last one always comes.
  int state = 0;
  while (state != kServing) ASSERT_NE(state = Next(watchers[0]), -1);
  contexts[0]->TryCancel();
  EXPECT_EQ(watchers[0]->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (Health("") != kServing) {
  }
  server_->SetServing(false);
  while (state != kNotServing) ASSERT_NE(state = Next(watchers[1]), -1);
}

TEST_F(ServerTest, AnyNumberOfStreams_NeedsNoThreads) {
  Start();
  EXPECT_EQ(Health("liveness"), kServing);
  const std::multiset<std::string> before = ThreadNames();
  // gRPC's for callbacks take events of all connections from the thread of the calls.
  EXPECT_EQ(before.count("nexting_thread"), 0U);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<::order::OrderStatusEvent>>> readers;
  for (int i = 0; i < 64; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.push_back(orders_->StreamOrderUpdates(contexts.back().get(), {}));
    ::order::OrderStatusEvent token;
    EXPECT_TRUE(readers.back()->Read(&token));
  }
  EXPECT_LE(ThreadNames().size(), before.size() + 8) << "of clients and timers";
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
