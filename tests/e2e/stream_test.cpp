// Streams of order updates over two daemons on one stack.
#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

#include "e2e/order_load.hpp"
#include "e2e/stream_reader.hpp"
#include "e2e/world.hpp"
#include "fakes/seed.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using testing::HasSubstr;

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    a_.emplace(world_.Serve());
    a_->WaitUntilReady();
    b_.emplace(world_.Serve());
    b_->WaitUntilReady();
    product_ = AddProduct(*a_, 1'000'000);
  }

  void TearDown() override {
    a_->Stop();
    b_->Stop();
  }

  // Some orders of the customers, in several calls at once.
  void Place(Daemon& daemon, int orders) {
    constexpr int kClients = 4;
    OrderLoad load(daemon, {.products = {product_},
                            .customers = customers_,
                            .seed = seed_,
                            .clients = kClients,
                            .orders_max = orders / kClients});
    EXPECT_TRUE(load.AwaitMoreOrders(orders / kClients * kClients - load.acked_orders()));
    load.Stop();
    EXPECT_EQ(load.failed_calls(), 0);
  }
  // How a stream of that request ends, which ends by itself.
  static grpc::Status EndOf(Daemon& daemon, const std::string& token) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoSeconds(kPatience));
    order::StreamOrderUpdatesRequest request;
    request.set_resume_token(token);
    const auto stream = daemon.orders().StreamOrderUpdates(&context, request);
    for (order::OrderStatusEvent event; stream->Read(&event);) continue;
    return stream->Finish();
  }
  // Of the first event, or of the first change, behind `token`.
  static std::string FirstToken(Daemon& daemon, const std::string& token, bool change) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoSeconds(kPatience));
    order::StreamOrderUpdatesRequest request;
    request.set_resume_token(token);
    const auto stream = daemon.orders().StreamOrderUpdates(&context, request);
    order::OrderStatusEvent event;
    while (stream->Read(&event) && change && event.order_id().empty()) continue;
    context.TryCancel();
    return event.resume_token();
  }
  void Restart(std::optional<Daemon>& daemon) {
    daemon->process().Kill();
    daemon.emplace(world_.Serve());
    daemon->WaitUntilReady();
  }

  const std::uint64_t seed_ = fakes::TestSeed();
  World world_;
  std::optional<Daemon> a_;
  std::optional<Daemon> b_;
  Product product_;
  std::vector<std::string> customers_ = {NewUuid(), NewUuid()};
};

TEST_F(StreamTest, ChangesByTheOtherReplica_ReachReadersOfEachScope) {
  const Answer first = Create(*b_, OrderOf(product_));
  order::StreamOrderUpdatesRequest one = OneOrder(first.order.id());
  one.set_include_snapshot(true);
  order::StreamOrderUpdatesRequest all = AllOrders();
  all.set_include_snapshot(true);
  StreamReader reader_of_one(a_->address(), one);
  StreamReader reader_of_all(a_->address(), all);
  StreamReader reader_of_customer(a_->address(), OrdersOf(customers_[0]));
  StreamReader reader_at_b(b_->address(), all);
  for (StreamReader* reader : {&reader_of_one, &reader_of_all, &reader_of_customer, &reader_at_b}) {
    ASSERT_TRUE(reader->AwaitToken());
  }
  Place(*b_, 100);
  ASSERT_TRUE(Cancel(*b_, first.order.id()).status.ok());
  ExpectToldAll(world_, reader_of_one, one);
  ExpectToldAll(world_, reader_of_all, all);
  ExpectToldAll(world_, reader_of_customer, OrdersOf(customers_[0]));
  ExpectToldAll(world_, reader_at_b, all);
  EXPECT_EQ(reader_of_one.told().size(), 2U);
  EXPECT_EQ(reader_of_all.streams(), 1);
}

TEST_F(StreamTest, TokenOfOneReplica_GoesOnAtTheOtherAndAfterARestart) {
  std::mutex mutex;
  std::string address = a_->address();
  const auto go_to = [&](const std::string& other) {
    const std::lock_guard lock(mutex);
    address = other;
  };
  StreamReader reader(
      [&] {
        const std::lock_guard lock(mutex);
        return address;
      },
      AllOrders());
  ASSERT_TRUE(reader.AwaitToken());
  Place(*a_, 20);
  go_to("");
  reader.Cut();
  Place(*a_, 20);
  Place(*b_, 20);
  go_to(b_->address());
  ExpectToldAll(world_, reader);
  go_to("");
  b_->process().Kill();
  Place(*a_, 20);
  Restart(a_);
  go_to(a_->address());
  ASSERT_TRUE(reader.AwaitStreams(3));
  ExpectToldAll(world_, reader);
}

// Its transaction has begun, with locks and an id, before others commit, and commits after readers have been told of
// those, gone, and come back.
TEST_F(StreamTest, CommitThatComesLate_IsToldToThoseWhoResumedBeforeIt) {
  std::vector<Product> products = {AddProduct(*a_, 100), AddProduct(*a_, 100)};
  std::sort(products.begin(), products.end(), [](const Product& x, const Product& y) { return x.id < y.id; });
  StreamReader all(a_->address(), AllOrders());
  StreamReader of_customer(a_->address(), OrdersOf(customers_[0]));
  ASSERT_TRUE(all.AwaitToken() && of_customer.AwaitToken());

  order::CreateOrderRequest late = OrderOf(products[0]);
  *late.add_items() = OrderOf(products[1]).items(0);
  late.set_customer_id(customers_[0]);
  StockLock lock(world_.database, products[1]);
  Answer late_answer;
  std::jthread caller([&] { late_answer = Create(*b_, late); });
  ASSERT_TRUE(Eventually([&] { return WaitingForLock(world_.database) == 1; }, kPatience));
  for (int round = 1; round <= 2; ++round) {
    order::CreateOrderRequest quick = OrderOf(product_);
    quick.set_customer_id(customers_[0]);
    const Answer answer = Create(*a_, quick);
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    for (StreamReader* reader : {&all, &of_customer}) {
      ASSERT_TRUE(reader->AwaitTold({answer.order.id(), 1}));
      reader->Cut();
      ASSERT_TRUE(reader->AwaitStreams(round + 1));
    }
  }
  EXPECT_EQ(WaitingForLock(world_.database), 1);
  lock.Release();
  caller.join();
  ASSERT_TRUE(late_answer.status.ok()) << late_answer.status.error_message();
  ASSERT_TRUE(all.AwaitTold({late_answer.order.id(), 1}));
  ExpectToldAll(world_, all);
  ExpectToldAll(world_, of_customer, OrdersOf(customers_[0]));
}

TEST_F(StreamTest, TokenThatWasChanged_IsInvalid) {
  StreamReader reader(a_->address(), AllOrders());
  ASSERT_TRUE(reader.AwaitToken());
  std::string changed = reader.token();
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& token : {changed, reader.token() + "A", reader.token().substr(1), std::string("yesterday")}) {
    const grpc::Status status = EndOf(*a_, token);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << token << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("resume_token"));
  }
}

// As after a backup is put back: the last commits are gone.
TEST_F(StreamTest, TokenAheadOfTheDatabase_IsOutOfRange) {
  StreamReader reader(a_->address(), AllOrders());
  ASSERT_TRUE(reader.AwaitToken());
  const std::int64_t before = world_.database.QueryNumber("SELECT value FROM change_counter");
  const Answer lost = Create(*a_, OrderOf(product_));
  ASSERT_TRUE(reader.AwaitTold({lost.order.id(), 1}));
  const std::string token = reader.token();
  for (Daemon* daemon : {&*a_, &*b_}) daemon->process().Kill();
  const std::string number = std::to_string(before);
  world_.database.Query("DELETE FROM order_status_history WHERE order_id = '" + lost.order.id() + "'");
  world_.database.Query("DELETE FROM commits WHERE number > " + number);
  Restart(a_);
  const grpc::Status status = EndOf(*a_, token);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("ahead of this database"));
  EXPECT_THAT(status.error_message(), HasSubstr("include_snapshot"));
}

TEST_F(StreamTest, TokenOlderThanTheWindow_IsOutOfRange) {
  world_.flags = {{"stream-resume-window", "1m"}, {"stream-failover-margin", "1s"}};
  const std::string begin = FirstToken(*a_, "", false);
  ASSERT_TRUE(Create(*b_, OrderOf(product_)).status.ok());
  world_.database.Query(
      "UPDATE commits SET committed_at = committed_at - interval '2 minutes' WHERE number = (SELECT value FROM "
      "change_counter)");
  Restart(a_);
  const std::string old = FirstToken(*a_, begin, true);
  const grpc::Status status = EndOf(*a_, old);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("older than"));
}

// The daemon finds out by itself: streams end, and their tokens are of no use here any more.
TEST_F(StreamTest, TokenOfAnotherDatabase_IsOutOfRange) {
  StreamReader reader(a_->address(), AllOrders());
  ASSERT_TRUE(reader.AwaitToken());
  world_.database.Query("UPDATE engine_facts SET value = gen_random_uuid()::text WHERE name = 'database_id'");
  ASSERT_TRUE(Eventually([&] { return !reader.faults().empty(); }, kPatience));
  EXPECT_EQ(reader.EndedWith(grpc::StatusCode::UNAVAILABLE), 1);
  const grpc::Status status = EndOf(*a_, reader.token());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("another database"));
}

}  // namespace
}  // namespace logistics::e2e
