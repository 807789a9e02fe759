// Many clients want the same at once.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "e2e/history.hpp"
#include "e2e/world.hpp"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace logistics::e2e {
namespace {

using testing::HasSubstr;

// The answers to `requests`, sent at once: each by a thread of its own, none before all are there.
std::vector<Answer> AtOnce(Daemon& daemon, const std::vector<order::CreateOrderRequest>& requests) {
  std::vector<Answer> answers(requests.size());
  std::atomic<std::size_t> there = 0;
  std::vector<std::jthread> clients;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    clients.emplace_back([&, i] {
      for (++there; there < requests.size();) std::this_thread::yield();
      answers[i] = Create(daemon, requests[i]);
    });
  }
  clients.clear();
  return answers;
}

// "subject: description" of the only violation.
std::string OnlyViolation(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::PreconditionFailure failure;
  if (!details.ParseFromString(status.error_details()) || details.details_size() != 1 ||
      !details.details(0).UnpackTo(&failure) || failure.violations_size() != 1) {
    return "not one violation";
  }
  return failure.violations(0).subject() + ": " + failure.violations(0).description();
}

TEST(ContentionTest, CreateOrder_TwoHundredAtOnceOnFiftyPieces_SellsExactlyFifty) {
  World world;
  Daemon daemon(world.Serve());
  daemon.WaitUntilPublishing();
  const Product product = AddProduct(daemon, 50);
  std::vector<order::CreateOrderRequest> requests;
  for (int i = 0; i < 200; ++i) requests.push_back(OrderOf(product));

  std::vector<AckedChange> acked;
  int refused = 0;
  for (const Answer& answer : AtOnce(daemon, requests)) {
    if (answer.status.ok()) {
      acked.push_back({answer.order.id(), answer.order.version(), answer.order.status()});
      continue;
    }
    ++refused;
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << answer.status.error_message();
    EXPECT_THAT(OnlyViolation(answer.status), HasSubstr(product.sku));
    EXPECT_THAT(OnlyViolation(answer.status), HasSubstr("wanted 1, available 0"));
  }
  EXPECT_EQ(acked.size(), 50U);
  EXPECT_EQ(refused, 150);

  const inventory::InventoryLevel level = LevelOf(daemon, product);
  EXPECT_EQ(level.quantity(), 50);
  EXPECT_EQ(level.reserved(), 50);
  EXPECT_EQ(level.available(), 0);
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"), 50);
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM reservations WHERE state = 'held'"), 50);
  ExpectAckedAreThere(world, acked);
  ExpectConsistent(world);
  ExpectPublishedIsHistory(world);
}

TEST(ContentionTest, CreateOrder_SixtyFourAtOnceWithOneKey_MakesOneOrder) {
  World world;
  Daemon daemon(world.Serve());
  daemon.WaitUntilPublishing();
  const Product product = AddProduct(daemon, 100);
  order::CreateOrderRequest request = OrderOf(product, 2);
  request.set_idempotency_key("basket-17");

  std::set<std::string> ids;
  for (const Answer& answer : AtOnce(daemon, std::vector(64, request))) {
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    ids.insert(answer.order.id());
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"), 1);
  EXPECT_EQ(LevelOf(daemon, product).reserved(), 2);

  order::CreateOrderRequest other = request;
  other.mutable_items(0)->set_quantity(3);
  EXPECT_EQ(Create(daemon, other).status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  ExpectConsistent(world);
  ExpectPublishedIsHistory(world);
}

// A writer waits for a row, one command waits for the writer: there is no room for more.
TEST(ContentionTest, FullQueue_IsRefusedWithRetryInfo) {
  World world;
  world.flags = {{"database-writers", "1"}, {"database-batch-max", "1"}, {"database-queue-max", "1"}};
  Daemon daemon(world.Serve());
  daemon.WaitUntilReady();
  const Product product = AddProduct(daemon, 100);
  StockLock lock(world.database, product);

  constexpr int kClients = 8;
  std::atomic<int> ok = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        const Answer answer = Create(daemon, OrderOf(product));
        if (answer.status.ok()) {
          ++ok;
          return;
        }
        EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << answer.status.error_message();
        EXPECT_TRUE(HasRetryInfo(answer.status)) << answer.status.error_message();
        ++refused;
      });
    }
    EXPECT_TRUE(support::Eventually([&] { return refused >= kClients - 2; }, kPatience));
    lock.Release();
  }
  EXPECT_GE(ok, 1);
  EXPECT_EQ(ok + refused, kClients);
  EXPECT_EQ(world.database.QueryNumber("SELECT count(*) FROM orders"), ok.load());
  EXPECT_TRUE(Create(daemon, OrderOf(product)).status.ok());
}

}  // namespace
}  // namespace logistics::e2e
