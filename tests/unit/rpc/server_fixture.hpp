#pragma once

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fakes/fake_clock.hpp"
#include "fakes/memory_inbox.hpp"
#include "fakes/memory_order_log.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/sequential_ids.hpp"
#include "fakes/status_matchers.hpp"
#include "fakes/threaded_stores.hpp"
#include "inventory.grpc.pb.h"
#include "logistics/service/inventory_service.hpp"
#include "logistics/service/order_service.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "logistics/service/streams/stock_updates.hpp"
#include "order.grpc.pb.h"
#include "rpc/server/server.hpp"
#include "unit/rpc/gated_store.hpp"
#include "unit/rpc/recorders.hpp"

namespace logistics::rpc {

inline constexpr char kCustomer[] = "11111111-1111-4111-8111-111111111111";
inline constexpr char kUnknownId[] = "99999999-9999-4999-8999-999999999999";

// A server on a port of its own, over the real services and stores in memory.
class ServerFixture : public testing::Test {
 protected:
  // Tests that want other options set them before Start().
  ServerOptions options_ = [] {
    ServerOptions options;
    options.host = "127.0.0.1";
    options.port = 0;
    return options;
  }();

  // Whether all calls block, as where another service keeps the stock. Set before Start().
  bool calls_block_ = false;

  // With a reconciler where another service keeps the stock. Once more where a server was shut down: another process
  // over the same data.
  void Start(service::Reconciler* reconciler = nullptr) {
    server_.reset();
    order_updates_ = std::make_unique<service::OrderUpdates>(order_log_, metrics_, order_updates_options_);
    server_ = std::make_unique<Server>(options_, Async(), orders_service_, *order_updates_, &inventory_service_,
                                       &stock_updates_, ids_, clock_, metrics_, log_, reconciler, &inbox_);
    order_updates_->Start();
    stock_updates_.Start();
    ASSERT_OK_AND_ASSIGN(port_, server_->Start());
    server_->Open();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials());
    orders_ = ::order::OrderService::NewStub(channel_);
    inventory_ = ::inventory::InventoryService::NewStub(channel_);
  }

  AsyncServices Async() {
    return {tasks_, calls_block_ ? nullptr : &async_orders_, calls_block_ ? nullptr : &async_inventory_};
  }

  void TearDown() override {
    gate_.Open();
    if (server_ != nullptr) server_->Shutdown(absl::Now() + absl::Seconds(30));
  }

  // A product with so many pieces; gives its id.
  std::string AddProduct(const std::string& sku, std::int64_t quantity) {
    ::inventory::CreateItemRequest create;
    create.set_sku(sku);
    create.set_name("Name of " + sku);
    ::inventory::ItemResponse item;
    grpc::ClientContext create_context;
    EXPECT_TRUE(inventory_->CreateItem(&create_context, create, &item).ok());
    ::inventory::AdjustInventoryRequest adjust;
    adjust.set_item_id(item.item().id());
    adjust.set_quantity(quantity);
    adjust.set_reason("delivery");
    ::inventory::AdjustInventoryResponse level;
    grpc::ClientContext adjust_context;
    EXPECT_TRUE(inventory_->AdjustInventory(&adjust_context, adjust, &level).ok());
    return item.item().id();
  }

  static ::order::CreateOrderRequest OrderOf(const std::string& sku, int quantity, double unit_price) {
    ::order::CreateOrderRequest request;
    request.set_customer_id(kCustomer);
    ::order::OrderItem& item = *request.add_items();
    item.set_sku(sku);
    item.set_name("A " + sku);
    item.set_quantity(quantity);
    item.set_unit_price(unit_price);
    return request;
  }

  ::order::OrderResponse PlaceOrder(const ::order::CreateOrderRequest& request) {
    ::order::OrderResponse order;
    grpc::ClientContext context;
    const grpc::Status status = orders_->CreateOrder(&context, request, &order);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return order;
  }

  grpc::Status Get(const std::string& id, grpc::ClientContext& context, ::order::OrderResponse* response = nullptr) {
    ::order::GetOrderRequest request;
    request.set_order_id(id);
    ::order::OrderResponse ignored;
    return orders_->GetOrder(&context, request, response == nullptr ? &ignored : response);
  }

  static std::string TrailingValue(const grpc::ClientContext& context, const std::string& key) {
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto found = trailing.find(key);
    return found == trailing.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  fakes::FakeClock clock_;
  fakes::SequentialIds ids_;
  fakes::MemoryInbox inbox_{clock_};
  fakes::MemoryStore store_{ids_, clock_};
  GatedStore gate_{store_};
  service::CallQueue tasks_;
  fakes::ThreadedStores threaded_{gate_, store_};
  service::AsyncOrderService async_orders_{
      threaded_, ids_, clock_, {domain::Currency(), *domain::WarehouseId::Parse(domain::kDefaultWarehouseId)}};
  service::AsyncInventoryService async_inventory_{threaded_, ids_};
  service::OrderService orders_service_{
      gate_, ids_, clock_, {domain::Currency(), *domain::WarehouseId::Parse(domain::kDefaultWarehouseId)}};
  service::InventoryService inventory_service_{store_, ids_, clock_,
                                               *domain::WarehouseId::Parse(domain::kDefaultWarehouseId)};
  RecordingMetrics metrics_;
  RecordingLog log_;
  // Nobody wakes it: it polls.
  service::StockUpdatesOptions updates_options_ = [] {
    service::StockUpdatesOptions options;
    options.poll = absl::Milliseconds(10);
    options.buffer = 256;
    return options;
  }();
  service::StockUpdates stock_updates_{store_, ids_, metrics_, updates_options_};
  // Streams of orders emit the changes that a test writes here, whatever store_ holds.
  fakes::MemoryOrderLog order_log_{clock_};
  service::OrderUpdatesOptions order_updates_options_ = [] {
    service::OrderUpdatesOptions options;
    options.poll = absl::Milliseconds(10);
    return options;
  }();
  std::unique_ptr<service::OrderUpdates> order_updates_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<::order::OrderService::Stub> orders_;
  std::unique_ptr<::inventory::InventoryService::Stub> inventory_;
};

}  // namespace logistics::rpc
