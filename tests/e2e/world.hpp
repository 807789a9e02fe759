#pragma once

#include <string>
#include <vector>

#include "e2e/daemon.hpp"
#include "support/broker.hpp"
#include "support/postgres.hpp"
#include "support/tcp_proxy.hpp"

namespace logistics::e2e {

// What surrounds the daemons of a test: a database, a vhost, and a queue that keeps every event for the test to read.
class World {
 public:
  World();

  test::TestDatabase database;
  support::TestBroker broker;

  std::string queue() const { return "everything"; }
  Flags flags;  // for the daemons that it commands

  support::Command Serve() const { return ServeCommand(database.url(), broker.url(), flags); }
};

// The URL by way of the proxy, and the port that it names.
std::string Through(const support::TcpProxy& proxy, const std::string& url);
int PortOf(const std::string& url);

struct Product {
  std::string id;
  std::string sku;
};

// The answer to one call.
struct Answer {
  grpc::Status status;
  order::OrderResponse order;
  std::string correlation_id;  // from the trailing metadata
};

struct CallOptions {
  std::string correlation_id;
  std::string traceparent;
  absl::Duration deadline = absl::Seconds(30);
};

// A product with stock in the default warehouse; throws where that is refused.
Product AddProduct(Daemon& daemon, int quantity);

std::string NewUuid();
order::CreateOrderRequest OrderOf(const Product& product, int quantity = 1);

Answer Create(Daemon& daemon, const order::CreateOrderRequest& request, const CallOptions& options = {});
Answer GetOrder(Daemon& daemon, const std::string& order_id, const CallOptions& options = {});
Answer ChangeStatus(Daemon& daemon, const std::string& order_id, order::OrderStatus status,
                    const CallOptions& options = {});
Answer Cancel(Daemon& daemon, const std::string& order_id, const CallOptions& options = {});
inventory::InventoryLevel LevelOf(Daemon& daemon, const Product& product);

// Whether the status carries a google.rpc.RetryInfo with a delay above zero.
bool HasRetryInfo(const grpc::Status& status);

// Keeps one row locked, so that whoever changes it waits.
class RowLock {
 public:
  void Release() { transaction_.abort(); }

 protected:
  RowLock(const test::TestDatabase& database, const std::string& where);

 private:
  pqxx::connection connection_;
  pqxx::work transaction_;
};

// Whoever orders the product waits.
class StockLock : public RowLock {
 public:
  StockLock(const test::TestDatabase& database, const Product& product)
      : RowLock(database, "stock_levels WHERE product_id = '" + product.id + "'") {}
};

// Whoever changes the order waits.
class OrderLock : public RowLock {
 public:
  OrderLock(const test::TestDatabase& database, const std::string& order_id)
      : RowLock(database, "orders WHERE id = '" + order_id + "'") {}
};

// Sessions of daemons that wait for a lock, or hold a transaction open without saying anything.
std::int64_t WaitingForLock(const test::TestDatabase& database);
std::int64_t IdleInTransaction(const test::TestDatabase& database);

}  // namespace logistics::e2e
