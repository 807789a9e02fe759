#include "e2e/world.hpp"

#include <cstdio>
#include <random>
#include <stdexcept>

#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "nlohmann/json.hpp"

namespace logistics::e2e {
namespace {

void SetUp(grpc::ClientContext& context, const CallOptions& options) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + options.deadline));
  if (!options.correlation_id.empty()) context.AddMetadata("x-correlation-id", options.correlation_id);
  if (!options.traceparent.empty()) context.AddMetadata("traceparent", options.traceparent);
}

template <typename Request>
Answer Call(order::OrderService::Stub& stub, const Request& request, const CallOptions& options,
            grpc::Status (order::OrderService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                              order::OrderResponse*)) {
  grpc::ClientContext context;
  SetUp(context, options);
  Answer answer;
  answer.status = (stub.*method)(&context, request, &answer.order);
  const auto& trailing = context.GetServerTrailingMetadata();
  if (const auto found = trailing.find("x-correlation-id"); found != trailing.end()) {
    answer.correlation_id.assign(found->second.data(), found->second.size());
  }
  return answer;
}

void Must(const grpc::Status& status, const std::string& doing) {
  if (!status.ok()) throw std::runtime_error(doing + ": " + status.error_message());
}

std::int64_t Sessions(const test::TestDatabase& database, const std::string& condition) {
  return database.QueryNumber(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name = 'logistics-engine' AND " +
      condition);
}

}  // namespace

World::World() {
  broker.DeclareTopicExchange("order_events");
  broker.DeclareTopicExchange("inventory_events");
  broker.DeclareQueue(queue(), {{"x-queue-type", "quorum"}});
  broker.Bind(queue(), "order_events", "order.#");
  broker.Bind(queue(), "inventory_events", "inventory.#");
}

std::string Through(const support::TcpProxy& proxy, const std::string& url) {
  const std::size_t host = url.rfind('@') + 1;
  return url.substr(0, host) + "127.0.0.1:" + std::to_string(proxy.port()) + url.substr(url.find('/', host));
}

int PortOf(const std::string& url) { return std::stoi(url.substr(url.find(':', url.rfind('@')) + 1)); }

Product AddProduct(Daemon& daemon, int quantity) {
  grpc::ClientContext create_context;
  SetUp(create_context, {});
  inventory::CreateItemRequest create;
  create.set_sku("SKU-" + NewUuid());
  create.set_name("a product");
  inventory::ItemResponse item;
  Must(daemon.inventory().CreateItem(&create_context, create, &item), "CreateItem");
  grpc::ClientContext adjust_context;
  SetUp(adjust_context, {});
  inventory::AdjustInventoryRequest adjust;
  adjust.set_item_id(item.item().id());
  adjust.set_quantity(quantity);
  adjust.set_reason("delivery");
  inventory::AdjustInventoryResponse adjusted;
  Must(daemon.inventory().AdjustInventory(&adjust_context, adjust, &adjusted), "AdjustInventory");
  return {item.item().id(), item.item().sku()};
}

std::string NewUuid() {
  static thread_local std::mt19937_64 random(std::random_device{}());
  const std::uint64_t a = random();
  const std::uint64_t b = random();
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-a%03x-%012llx", static_cast<unsigned>(a >> 32),
                static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xfff),
                static_cast<unsigned>(b >> 52), static_cast<unsigned long long>(b & 0xffffffffffffULL));
  return text;
}

order::CreateOrderRequest OrderOf(const Product& product, int quantity) {
  order::CreateOrderRequest request;
  request.set_customer_id(NewUuid());
  order::OrderItem* item = request.add_items();
  item->set_product_id(product.id);
  item->set_name("a product");
  item->set_quantity(quantity);
  item->set_unit_price(19.99);
  return request;
}

Answer Create(Daemon& daemon, const order::CreateOrderRequest& request, const CallOptions& options) {
  return Call(daemon.orders(), request, options, &order::OrderService::Stub::CreateOrder);
}

Answer GetOrder(Daemon& daemon, const std::string& order_id, const CallOptions& options) {
  order::GetOrderRequest request;
  request.set_order_id(order_id);
  return Call(daemon.orders(), request, options, &order::OrderService::Stub::GetOrder);
}

Answer ChangeStatus(Daemon& daemon, const std::string& order_id, order::OrderStatus status,
                    const CallOptions& options) {
  order::UpdateOrderStatusRequest request;
  request.set_order_id(order_id);
  request.set_new_status(status);
  request.set_changed_by("e2e");
  return Call(daemon.orders(), request, options, &order::OrderService::Stub::UpdateOrderStatus);
}

Answer Cancel(Daemon& daemon, const std::string& order_id, const CallOptions& options) {
  order::CancelOrderRequest request;
  request.set_order_id(order_id);
  request.set_reason("changed my mind");
  request.set_cancelled_by("e2e");
  return Call(daemon.orders(), request, options, &order::OrderService::Stub::CancelOrder);
}

inventory::InventoryLevel LevelOf(Daemon& daemon, const Product& product) {
  grpc::ClientContext context;
  SetUp(context, {});
  inventory::GetInventoryLevelsRequest request;
  request.add_item_ids(product.id);
  inventory::GetInventoryLevelsResponse response;
  Must(daemon.inventory().GetInventoryLevels(&context, request, &response), "GetInventoryLevels");
  if (response.levels_size() != 1) throw std::runtime_error("the product has not exactly one level");
  return response.levels(0);
}

bool HasRetryInfo(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return false;
  for (const auto& detail : details.details()) {
    google::rpc::RetryInfo retry;
    if (!detail.UnpackTo(&retry)) continue;
    return retry.retry_delay().seconds() > 0 || retry.retry_delay().nanos() > 0;
  }
  return false;
}

RowLock::RowLock(const test::TestDatabase& database, const std::string& where)
    : connection_(database.url()), transaction_(connection_) {
  const pqxx::result rows = transaction_.exec("SELECT 1 FROM " + where + " FOR UPDATE");
  if (rows.size() != 1) throw std::runtime_error("not exactly one row: " + where);
}

std::int64_t WaitingForLock(const test::TestDatabase& database) {
  return Sessions(database, "wait_event_type = 'Lock'");
}

std::int64_t IdleInTransaction(const test::TestDatabase& database) {
  return Sessions(database, "state = 'idle in transaction'");
}

}  // namespace logistics::e2e
