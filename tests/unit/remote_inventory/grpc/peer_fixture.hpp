#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "app/system_clock.hpp"
#include "fakes/counting_metrics.hpp"
#include "fakes/recording_health.hpp"
#include "fakes/status_matchers.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "inventory.grpc.pb.h"
#include "order.grpc.pb.h"
#include "remote_inventory/grpc_inventory_peer.hpp"

namespace logistics::remote_inventory {

// What a scripted handler is given of its call.
struct Asked {
  grpc::ServerContext& context;
  std::string method;

  std::string Header(const std::string& key) const {
    const auto found = context.client_metadata().find(key);
    return found == context.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
  }
  // Until the caller has given up.
  grpc::Status Hang() const {
    while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return grpc::Status::CANCELLED;
  }
};

// An inventory service that answers as the test scripts it; all other calls get an empty OK. Handlers run on
// the server's threads. Set-up is the test's thread's, before the calls.
class ScriptedService final : public ::inventory::InventoryService::Service {
 public:
  template <typename Request, typename Response>
  using Handler = std::function<grpc::Status(const Asked&, const Request&, Response&)>;

  Handler<::inventory::StockReservationRequest, ::inventory::StockReservationResponse> reserve;
  Handler<::inventory::ReleaseStockRequest, ::inventory::ReleaseStockResponse> release;
  Handler<::inventory::CommitReservationRequest, ::inventory::CommitReservationResponse> commit;
  Handler<::inventory::AdjustInventoryRequest, ::inventory::AdjustInventoryResponse> adjust;
  Handler<::inventory::GetInventoryLevelsRequest, ::inventory::GetInventoryLevelsResponse> levels;
  Handler<::inventory::GetItemRequest, ::inventory::ItemResponse> item;
  Handler<::inventory::ListItemsRequest, ::inventory::ListItemsResponse> items;

  // How often a method was called, the watch's questions left out.
  int Calls(const std::string& method) {
    const std::scoped_lock lock(mutex_);
    return calls_[method];
  }

 private:
  template <typename Request, typename Response>
  grpc::Status Answer(const char* method, const Handler<Request, Response>& handler, grpc::ServerContext* context,
                      const Request* request, Response* response) {
    const Asked asked{*context, method};
    if (asked.Header("x-correlation-id") != "inventory-watch") {
      const std::scoped_lock lock(mutex_);
      ++calls_[method];
    }
    return handler ? handler(asked, *request, *response) : grpc::Status::OK;
  }
  grpc::Status CheckAndReserveStock(grpc::ServerContext* context, const ::inventory::StockReservationRequest* request,
                                    ::inventory::StockReservationResponse* response) override {
    return Answer("reserve", reserve, context, request, response);
  }
  grpc::Status ReleaseReservedStock(grpc::ServerContext* context, const ::inventory::ReleaseStockRequest* request,
                                    ::inventory::ReleaseStockResponse* response) override {
    return Answer("release", release, context, request, response);
  }
  grpc::Status CommitReservation(grpc::ServerContext* context, const ::inventory::CommitReservationRequest* request,
                                 ::inventory::CommitReservationResponse* response) override {
    return Answer("commit", commit, context, request, response);
  }
  grpc::Status AdjustInventory(grpc::ServerContext* context, const ::inventory::AdjustInventoryRequest* request,
                               ::inventory::AdjustInventoryResponse* response) override {
    return Answer("adjust", adjust, context, request, response);
  }
  grpc::Status GetInventoryLevels(grpc::ServerContext* context, const ::inventory::GetInventoryLevelsRequest* request,
                                  ::inventory::GetInventoryLevelsResponse* response) override {
    return Answer("levels", levels, context, request, response);
  }
  grpc::Status GetItem(grpc::ServerContext* context, const ::inventory::GetItemRequest* request,
                       ::inventory::ItemResponse* response) override {
    return Answer("item", item, context, request, response);
  }
  grpc::Status ListItems(grpc::ServerContext* context, const ::inventory::ListItemsRequest* request,
                         ::inventory::ListItemsResponse* response) override {
    return Answer("items", items, context, request, response);
  }

  std::mutex mutex_;
  std::map<std::string, int> calls_;  // guarded by mutex_
};

// The client over a scripted service on a port of its own. Times are short so that tests are.
class PeerFixture : public testing::Test {
 protected:
  static constexpr absl::Duration kPatience = absl::Seconds(30);

  PeerFixture() {
    options_.call_timeout = absl::Seconds(5);
    options_.reconnect_min = absl::Milliseconds(100);
    options_.reconnect_max = absl::Milliseconds(200);
    options_.breaker.failures = 1000;
    options_.reads.delay_min = absl::Milliseconds(1);
    options_.reads.delay_max = absl::Milliseconds(2);
  }
  ~PeerFixture() override {
    peer_.reset();
    StopServer();
  }

  // On the port it had, or a free one. Without one of `service`, nothing is served: every call is UNIMPLEMENTED.
  void StartServer(std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials(),
                   bool served = true) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), std::move(credentials), &port_);
    if (served) builder.RegisterService(&service_);
    if (!served) builder.RegisterService(&other_service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void StopServer() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  // Made at the first use, when the test has set the options. Waits for the first answer.
  void Connect() {
    if (server_ == nullptr) StartServer();
    ConnectOnly();
    ASSERT_TRUE(health_.WaitForState("inventory", ports::HealthState::kUp, kPatience));
  }
  void ConnectOnly() {
    if (options_.url.empty()) options_.url = absl::StrCat("http://127.0.0.1:", port_);
    ASSERT_OK_AND_ASSIGN(peer_, GrpcInventoryPeer::Connect(options_, clock_, metrics_, health_));
  }

  ports::CallContext Within(absl::Duration time) const {
    return {.correlation_id = "test", .traceparent = "", .deadline = absl::Now() + time};
  }

  static domain::Uuid Id(std::uint8_t number) {
    domain::Uuid::Bytes bytes{};
    bytes.back() = number;
    return domain::Uuid(bytes);
  }
  static domain::ProductId Product(std::uint8_t number) { return domain::ProductId(Id(number)); }
  static domain::WarehouseId Warehouse(std::uint8_t number) { return domain::WarehouseId(Id(number)); }

  PeerOptions options_;
  app::SystemClock clock_;
  fakes::CountingMetrics metrics_;
  fakes::RecordingHealth health_;
  ScriptedService service_;
  ::order::OrderService::Service other_service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::unique_ptr<GrpcInventoryPeer> peer_;
};

}  // namespace logistics::remote_inventory
